"""The KPIs of segments: what was shown to their members, and what these bought."""

from typing import Final, NamedTuple

import polars as pl

from aisle.app.data.day_counts import read_day
from aisle.app.progress import Progress, silent
from aisle.insights.kpis import rates
from aisle.insights.kpis.counting import count_segments
from aisle.shop.columns import SEGMENT, SEGMENT_DAYS, USER_ID
from aisle.shop.moments import DAY, format_day, now
from aisle.shop.money import MICROS
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database
from aisle.storage.shoppers import segments

_MONEY: Final = ("revenue", "returned_revenue", "helped_revenue", "order_value", "revenue_per_visitor")
_MEMBERS: Final = pl.Schema({USER_ID: pl.String, SEGMENT: pl.String})


class SegmentKpis(NamedTuple):
    """What the members of segments were shown and bought in some days."""

    since: str
    until: str
    frame: pl.DataFrame
    """A row for each segment and currency: counts, and the rates of `insights.kpis.rates.OF_SEGMENTS`."""
    as_of: dict[str, str]
    """Of segments that were made within or after these days, the day whose members stand for those of before."""


def segment_kpis(db: Database, days_back: int, progress: Progress = silent, moment: int | None = None) -> SegmentKpis:
    """Return the KPIs of all segments over the last days, today included.

    A shopper counts for a segment on a day as they belonged to it at the end of that day. On days before its members
    were first found, it has those of then. The days are counted now, from the log: they are in no table.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    today = now() if moment is None else moment
    until = today - today % DAY + DAY
    since = until - days_back * DAY
    known = {row.number: row for row in segments.list_(db) if row.updated is not None}
    counts = [schema_of(SEGMENT_DAYS).to_frame()]
    for done, day in enumerate(range(since, until, DAY), 1):
        log = read_day(db, day)
        users = pl.concat([log.shelves[USER_ID], log.events[USER_ID]]).drop_nulls().unique().to_list()
        found = segments.of_users(db, users, min(day + DAY - 1, today))
        named = [(user_id, known[number].name) for user_id, number in found if number in known]
        counts.append(count_segments(log, pl.DataFrame(named, schema=_MEMBERS, orient="row")))
        progress("count segments", done, days_back, done)
    frame = rates.of_segments(pl.concat(counts))
    first = {row.name: segments.first_found(db, row.number) for row in known.values()}
    return SegmentKpis(
        since=format_day(since),
        until=format_day(until - DAY),
        frame=frame.with_columns(pl.col(name) / MICROS for name in _MONEY),
        as_of={name: format_day(at) for name, at in first.items() if at is not None and at >= since + DAY},
    )
