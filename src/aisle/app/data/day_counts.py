"""The counts of days are brought up to date: only days whose events or shelves are new or changed are counted."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from aisle.app.progress import Progress, silent
from aisle.insights.kpis.counting import MEMBERS, Log, count_day, count_items
from aisle.shop.columns import ITEM_DAYS, ITEM_ID, RECOMMENDATION_ID, TIMESTAMP, USER_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.shelves import day_log, days
from aisle.storage.shelves.days import Counts, ItemSums
from aisle.storage.shoppers import segments

STAGE: Final = "count days"


def count_days(
    db: Database, progress: Progress = silent, moment: int | None = None, segments_since: int | None = None
) -> int:
    """Count the days that have to be counted, each in a transaction of its own, and return how many that were.

    Parameters
    ----------
    moment
        Now, if it is not the clock's.
    segments_since
        From which day on those that were counted before there was a segment are counted for it; none, if it is None.

    Raises
    ------
    StorageError
        If the database refuses; the days that were counted by then stay.
    """
    newest = day_log.newest(db)
    to_count = days.to_count(db, newest, now() if moment is None else moment)
    days.plan(db, to_count[:-2])  # the last two, today and yesterday, are counted every time
    first = segments.first_found(db)
    if segments_since is not None:
        lacking = days.without_segments(db, first, segments_since)
        to_count += [day for day in lacking if day not in to_count]
    for done, day in enumerate(to_count, 1):
        counts = count_day(_read_day(db, day, first))
        days.replace(db, day, Counts(*(frame.rows() for frame in counts)), newest)
        progress(STAGE, done, len(to_count), done)
    return len(to_count)


def items_of(db: Database, user_ids: pl.Series, since: int, until: int) -> pl.DataFrame:
    """Return what was counted of each item for some users, in the columns of `ItemSums`.

    It is counted from their shelves and events, a day at a time, as `count_days` counts for everybody.

    Parameters
    ----------
    since, until
        The first day, and the first one after the last.
    """
    theirs = pl.col(USER_ID).is_in(user_ids.implode())
    names = [name for name in ItemSums._fields if name != ITEM_ID]
    sums = pl.DataFrame(schema=dict.fromkeys(ITEM_DAYS, pl.Int64) | {ITEM_ID: pl.String}).select(ItemSums._fields)
    for day in range(since, until, DAY):
        events = day_log.events_of(db, day).filter(theirs)
        named = events[RECOMMENDATION_ID].drop_nulls().unique().to_list()
        shelves = day_log.shelves_of(db, day, named).filter(theirs)
        counted = count_items(Log(day, shelves, events, _NOBODY, _NOBODY)).select(ItemSums._fields)
        sums = pl.concat([sums, counted]).group_by(ITEM_ID).agg(pl.col(names).sum())
    return sums


_NOBODY: Final = pl.DataFrame(schema={USER_ID: pl.String, TIMESTAMP: pl.Int64})


def _read_day(db: Database, day: int, first: Mapping[int, int]) -> Log:
    """Read what it takes to count a day; `first` is when the members of each segment were first found."""
    events = day_log.events_of(db, day)
    shelves = day_log.shelves_of(db, day, events[RECOMMENDATION_ID].drop_nulls().unique().to_list())
    buyers = events.filter(pl.col("event") == EventKind.PURCHASE.value)[USER_ID]
    users = pl.concat([shelves[USER_ID], events[USER_ID]]).drop_nulls().unique().to_list() if first else []
    members = segments.of_users(db, users, day + DAY - 1, first)
    return Log(
        day=day,
        shelves=shelves,
        events=events,
        first_seen=day_log.first_moments(db, shelves[USER_ID].drop_nulls().unique().to_list()),
        first_bought=day_log.first_moments(db, buyers.drop_nulls().unique().to_list(), EventKind.PURCHASE),
        segments=list(first),
        members=pl.DataFrame(members, schema=MEMBERS, orient="row"),
    )
