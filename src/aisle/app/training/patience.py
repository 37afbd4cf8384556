"""How fatigue fades in this shop, learnt from the shelves that it showed, where enough of them were clicked."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from aisle.engine.recipe import PATIENCE
from aisle.engine.request import MAIN_PLACEMENT
from aisle.engine.shelf.fatigue import VISIT
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.second_stage.patience import Patience, Visits
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import impressions

DAYS: Final = 180
SHELVES: Final = 100_000
"""It is learnt from so many of the newest shelves, of so many days."""


def with_patience(db: Database, components: Mapping[str, Component[Any]]) -> dict[str, Component[Any]]:
    """Return the components of a bundle, with how fatigue fades if the shop's shelves tell."""
    try:
        return {**components, PATIENCE: Patience(NoSettings()).fit(visits(db))}
    except NotEnoughData:
        return dict(components)


def visits(db: Database) -> Visits:
    """Return the visits on which shoppers were shown the items of the main shelf."""
    since = now() - DAYS * DAY
    clicks = set(events.clicks(db, since))
    pairs: dict[tuple[str | None, str], int] = {}
    rows = [
        (
            pairs.setdefault((shelf.user_id, item.item_id), len(pairs)),
            shelf.timestamp,
            (shelf.recommendation_id, item.item_id) in clicks,
        )
        for shelf in impressions.of_ids(db, impressions.ids(db, MAIN_PLACEMENT, since)[-SHELVES:])
        for item in shelf.items
    ]
    pair, timestamp, clicked = np.array(rows, np.int64).reshape(-1, 3).T
    order = np.lexsort((timestamp, pair))
    pair, timestamp, was_clicked = pair[order], timestamp[order], clicked[order] > 0
    begins = np.flatnonzero(np.append(True, (np.diff(pair) != 0) | (np.diff(timestamp) > VISIT))[: len(pair)])
    if len(begins):
        was_clicked = np.maximum.reduceat(was_clicked, begins)
    return Visits(pair[begins], timestamp[begins], was_clicked)
