"""The KPIs of segments: what was shown to their members, and what these bought."""

from typing import Final, NamedTuple

import polars as pl

from aisle.app.data.day_counts import count_days
from aisle.app.data.kpis import counted, counted_by_segment
from aisle.app.progress import Progress, silent
from aisle.shop.moments import DAY, format_day, now
from aisle.storage.connection import Database
from aisle.storage.shelves import days
from aisle.storage.shoppers import segments

BEFORE_FIRST: Final = "{name}: days before {day} count for its members of that day, when they were first found."


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
    were first found, it has those of then. Days that were counted before there was a segment are counted anew.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    today = now() if moment is None else moment
    until = today - today % DAY + DAY
    since = until - days_back * DAY
    count_days(db, progress, today, segments_since=since)
    first = segments.first_found(db)
    return SegmentKpis(
        since=format_day(since),
        until=format_day(until - DAY),
        frame=counted_by_segment(db, since, until),
        as_of={
            row.name: format_day(first[row.number])
            for row in segments.list_(db)
            if first.get(row.number, 0) >= since + DAY
        },
    )


def covered(db: Database, name: str, since: int, until: int) -> list[str]:
    """Return what the counts of a segment cover, and what they do not, in sentences.

    Raises
    ------
    NotFound
        If there is no segment of this name.
    """
    number, first = segments.get(db, name).number, segments.first_found(db)
    if number not in first:
        return [
            f"{name}: its members were not found yet; the worker finds them daily, aisle segments list --update now."
        ]
    (theirs, of_theirs), (all_, of_all) = (_sums(db, since, until, segment) for segment in (number, None))
    said = [
        f"{name}: {theirs:,} of {all_:,} visitors and {of_theirs:,} of {of_all:,} shelves are those of its members, as "
        "they belonged to it at the end of each day; all others, and whoever came without a user id, are left out."
    ]
    if first[number] >= since + DAY:
        said.append(BEFORE_FIRST.format(name=name, day=format_day(first[number])))
    if lacking := len(days.without_segments(db, [number], since, until)):
        said.append(f"{name}: {lacking:,} days are not counted for it yet; the worker counts them.")
    return said


def _sums(db: Database, since: int, until: int, segment: int | None) -> tuple[int, int]:
    """Return the number of visitors, by day, and of shelves."""
    found = counted(db, since, until, segment=segment)
    return max(found.shop["visitors"], default=0), max(found.shelves["shelves"], default=0)
