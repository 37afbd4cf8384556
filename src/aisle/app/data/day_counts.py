"""The counts of days are brought up to date: only days whose events or shelves are new or changed are counted."""

from typing import Final

import polars as pl

from aisle.app.progress import Progress, silent
from aisle.insights.kpis.counting import Log, count_day
from aisle.shop.columns import RECOMMENDATION_ID, USER_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.shelves import day_log, days
from aisle.storage.shelves.days import Counts

STAGE: Final = "count days"


def count_days(db: Database, progress: Progress = silent, moment: int | None = None) -> int:
    """Count the days that have to be counted, each in a transaction of its own, and return how many that were.

    Parameters
    ----------
    moment
        Now, if it is not the clock's.

    Raises
    ------
    StorageError
        If the database refuses; the days that were counted by then stay.
    """
    newest = day_log.newest(db)
    to_count = days.to_count(db, newest, now() if moment is None else moment)
    for done, day in enumerate(to_count, 1):
        counts = count_day(read_day(db, day))
        days.replace(db, day, Counts(*(frame.rows() for frame in counts)), newest)
        progress(STAGE, done, len(to_count), done)
    return len(to_count)


def read_day(db: Database, day: int) -> Log:
    """Read what it takes to count a day."""
    events = day_log.events_of(db, day)
    shelves = day_log.shelves_of(db, day, events[RECOMMENDATION_ID].drop_nulls().unique().to_list())
    buyers = events.filter(pl.col("event") == EventKind.PURCHASE.value)[USER_ID]
    return Log(
        day=day,
        shelves=shelves,
        events=events,
        first_seen=day_log.first_moments(db, shelves[USER_ID].drop_nulls().unique().to_list()),
        first_bought=day_log.first_moments(db, buyers.drop_nulls().unique().to_list(), EventKind.PURCHASE),
    )
