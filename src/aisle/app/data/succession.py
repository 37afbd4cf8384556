"""How the live model does beside the one before it, by the clicks on the shelves of both."""

from typing import NamedTuple

import numpy as np

from aisle.engine.request import MAIN_PLACEMENT
from aisle.experiments.statistics.samples import Floats
from aisle.experiments.succession import Succession, succession
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.work import models

DAYS = 28
"""Shelves of so many last days are compared."""


class Compared(NamedTuple):
    """Two models, and how the newer one does."""

    live: int
    before: int
    found: Succession | None
    """None if there are too few clicks."""


def live_and_before(db: Database) -> Compared | None:
    """Compare the live model with the one that was live before; None if there was none."""
    live, before = models.live(db), models.previous(db)
    if live is None or before is None:
        return None
    since = now() - DAYS * DAY
    shown = impressions.of_models(db, MAIN_PLACEMENT, (before.version, live.version), since)
    clicks: dict[str, int] = {}
    for recommendation_id, _ in set(events.clicks(db, since)):
        clicks[recommendation_id] = clicks.get(recommendation_id, 0) + 1
    sums: dict[int, dict[str, list[int]]] = {before.version: {}, live.version: {}}
    for version, shopper, recommendation_id, places in shown:
        of_shopper = sums[version].setdefault(shopper, [0, 0])
        of_shopper[0] += min(places, clicks.get(recommendation_id, 0))
        of_shopper[1] += places
    found = succession(_arrays(sums[before.version]), _arrays(sums[live.version]))
    return Compared(live.version, before.version, found)


def _arrays(sums: dict[str, list[int]]) -> tuple[Floats, Floats]:
    clicks, places = np.array(list(sums.values()), np.float64).reshape(-1, 2).T
    return clicks, places
