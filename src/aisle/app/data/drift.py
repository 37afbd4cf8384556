"""The drift of a shop: its last week beside the weeks before, and the live model's clicks by its age."""

from typing import Final

import msgspec
import numpy as np
import polars as pl

from aisle.app.data.day_counts import count_days
from aisle.app.progress import Progress, silent
from aisle.engine.request import MAIN_PLACEMENT
from aisle.insights.drift import Drift, clicks_by_age, event_mix, score_shift
from aisle.shop.columns import MODEL_VERSION, SHELF_DAYS
from aisle.shop.moments import DAY, now
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database
from aisle.storage.shelves import day_log, days, impressions
from aisle.storage.shelves import drift as table
from aisle.storage.shelves.drift import DriftRow
from aisle.storage.work import models

WEEK: Final = 7 * DAY
BEFORE: Final = 4 * WEEK
"""The last week is compared with four whole ones, so that each day of the week weighs the same."""

MOST_SHELVES: Final = 2_000
"""The scores of so many shelves are compared."""


def drift(db: Database, progress: Progress = silent, moment: int | None = None) -> list[Drift]:
    """Return how far things have drifted, and note it; what has too little to compare is left out.

    Parameters
    ----------
    moment
        Now, if it is not the clock's.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    today = now() if moment is None else moment
    count_days(db, progress, today)
    end = today - today % DAY
    found = [
        event_mix(day_log.mix(db, end - WEEK - BEFORE, end - WEEK), day_log.mix(db, end - WEEK, end)),
        *_of_model(db, end),
    ]
    drifts = [one for one in found if one is not None]
    table.replace(db, end, [DriftRow(end, *msgspec.structs.astuple(one)) for one in drifts])
    return drifts


def _of_model(db: Database, end: int) -> list[Drift | None]:
    """Return how the live model's scores and clicks have drifted."""
    live = models.live(db)
    if live is None:
        return []
    before, last = (
        np.array(impressions.scores(db, MAIN_PLACEMENT, live.version, since, until, MOST_SHELVES), np.float64)
        for since, until in ((end - WEEK - BEFORE, end - WEEK), (end - WEEK, end))
    )
    rows = days.rows(db, days.SHELVES, 0, end)
    counts = pl.DataFrame(rows, schema=schema_of(SHELF_DAYS), orient="row")
    of_model = counts.filter(pl.col(MODEL_VERSION) == live.version)
    return [score_shift(before, last), clicks_by_age(of_model.group_by("day").agg(pl.col("seen", "clicks").sum()))]
