"""Findings about the course of a log: silent days, kinds that stop, and kinds that are missing."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.insights.finding import Finding, Severity, graded
from aisle.insights.tally import COUNT, Tally
from aisle.prepare.stray import steady_span
from aisle.shop.columns import EVENT
from aisle.shop.events import KINDS, EventKind
from aisle.shop.moments import DAY, format_day

MOST_PERIODS: Final = 60
"""Logs are shown by days, weeks or months: the first unit of which there are not more than this."""

_LENGTHS: Final = (1, 7, 30, 91, 365)
_WEEKS: Final = 4
"""A day is compared with the same weekday up to this many weeks before and after it."""

_LEAST_EXPECTED: Final = 20.0
"""With fewer expected events, a day may have none by chance."""

_LEAST_SILENCE: Final = 3
"""A kind has stopped if it is missing in at least this many last days."""

_BROWSING: Final = {
    EventKind.SELECT_ITEM.value,
    EventKind.VIEW_ITEM.value,
    EventKind.ADD_TO_CART.value,
    EventKind.ADD_TO_WISHLIST.value,
}

_LONG_SILENCE: Final = 2 * 7
"""A stretch of so many days without an event is a gap, whatever the weeks around it."""

_SILENT: Final = 0.05
"""A day with less than this share of the expected events is a gap."""


class Period(msgspec.Struct, frozen=True):
    """The events of some days."""

    start: int
    """The first moment."""
    end: int
    """The first moment after it."""
    kinds: dict[str, int]
    """The number of events of each kind."""


def periods(tally: Tally) -> list[Period]:
    """Return the events of a log by periods of equal length, oldest first; the last may be shorter."""
    first, last = tally.span()
    days = last - first + 1
    length = next((length for length in _LENGTHS if days <= length * MOST_PERIODS), -(-days // MOST_PERIODS))
    place = (pl.col("day") - first) // length
    summed = tally.days.group_by(place.alias("place"), EVENT).agg(pl.col(COUNT).sum())
    counts = {(row[0], row[1]): row[2] for row in summed.rows()}
    kinds = [kind.value for kind in KINDS if kind.value in set(tally.days[EVENT])]
    return [
        Period(
            (first + number * length) * DAY,
            min(first + (number + 1) * length, last + 1) * DAY,
            {kind: counts.get((number, kind), 0) for kind in kinds},
        )
        for number in range(-(-days // length))
    ]


def timeline_findings(tally: Tally) -> Iterator[Finding]:
    """Yield the findings about the course of a log."""
    yield from _stray(tally)
    yield from _silence(tally)
    yield from _gaps(tally)
    yield from _stopped(tally)
    yield from _missing_kinds(tally)


def _stray(tally: Tally) -> Iterator[Finding]:
    """Search a few events at the ends of the log that are far from all others."""
    first, _ = tally.span()
    counts = daily(tally)
    days = np.flatnonzero(counts)
    span = steady_span(days + first, counts[days])
    outside = ((days + first) * DAY < span.start) | ((days + first) * DAY >= span.end)
    if not outside.any():
        return
    named = [format_day((first + int(day)) * DAY) for day in days[outside]]
    yield Finding(
        name="stray_events",
        severity=Severity.WARNING,
        what="Events far from all others, which training and figures leave out",
        count=int(counts[days[outside]].sum()),
        of=tally.events,
        example=named[0],
        advice=f"The log goes from {format_day(span.start)} to {format_day(span.end - 1)}: look whether the dates are "
        "right; they count once more events come around them.",
    )


def _silence(tally: Tally) -> Iterator[Finding]:
    """Search long stretches within the log on which nothing happens at all."""
    first, _ = tally.span()
    counts = daily(tally)
    long = max(_LONG_SILENCE, _LEAST_EXPECTED / float(np.median(counts[counts > 0])))
    silences = [(start, end) for start, end in _runs(counts == 0) if end - start >= long]
    if not silences:
        return
    start, end = max(silences, key=lambda run: (run[1] - run[0], -run[0]))
    yield Finding(
        name="silence",
        severity=Severity.WARNING,
        what=f"Days of stretches of {_LONG_SILENCE} days or more without a single event",
        count=sum(end - start for start, end in silences),
        of=len(counts),
        example=f"{format_day((first + start) * DAY)} to {format_day((first + end - 1) * DAY)}",
        advice="If the shop was open, import these days too; held-out weeks are chosen around the gap.",
    )


def _gaps(tally: Tally) -> Iterator[Finding]:
    first, _ = tally.span()
    counts = daily(tally)
    silent = silent_days(counts)
    if not silent.any():
        return
    runs = _runs(silent)
    start, end = max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    days = [format_day((first + day) * DAY) for day in (start, end - 1)]
    longest = days[0] if days[0] == days[1] else f"{days[0]} to {days[1]}"
    yield Finding(
        name="gaps",
        severity=graded(int(silent.sum()) / len(silent), 0.02, 0.2),
        what="Days with next to no events, although their weekday usually has some",
        count=int(silent.sum()),
        of=len(silent),
        example=longest,
        advice="Holidays are no mistake; otherwise import the days again: what is there already is not stored twice.",
    )


def daily(tally: Tally) -> NDArray[np.int64]:
    """Return the number of events of each day of the log, (days,)."""
    first, last = tally.span()
    summed = tally.days.group_by("day").agg(pl.col(COUNT).sum())
    counts = np.zeros(last - first + 1, np.int64)
    counts[summed["day"].to_numpy() - first] = summed[COUNT].to_numpy()
    return counts


def silent_days(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which days have next to no events, compared with the same weekday in the weeks around, (days,).

    Parameters
    ----------
    counts
        Events of each day in turn, (days,); a log shorter than two weeks has no silent days.
    """
    around = np.full((2 * _WEEKS, len(counts)), np.nan)
    for week in range(1, min(_WEEKS, (len(counts) - 1) // 7) + 1):
        around[2 * week - 2, 7 * week :] = counts[: -7 * week]
        around[2 * week - 1, : -7 * week] = counts[7 * week :]
    if np.isnan(around).all(0).any():
        return np.zeros(len(counts), np.bool_)
    expected = np.nanmedian(around, 0)
    return np.asarray((expected >= _LEAST_EXPECTED) & (counts < _SILENT * expected))


def _stopped(tally: Tally) -> Iterator[Finding]:
    """Search kinds that no longer come, although the log goes on."""
    first, last = tally.span()
    final = pl.col("day").max()
    lately = pl.col(COUNT).filter(pl.col("day") > final - 7 * _WEEKS).sum() / (7 * _WEEKS)
    kinds = tally.days.group_by(EVENT).agg(final.alias("final"), lately.alias("rate")).sort(EVENT)
    for kind, day, rate in kinds.rows():
        if (last - day) * rate >= _LEAST_EXPECTED and last - day >= _LEAST_SILENCE:
            yield Finding(
                name=f"{kind}_stopped",
                severity=Severity.WARNING,
                what=f"Last days of the log without {kind} events, which came before",
                count=last - day,
                of=last - first + 1,
                example=f"{rate:,.1f} a day until {format_day(day * DAY)}",
                advice="Look whether the tracker or the export lost this kind of event.",
            )


def _missing_kinds(tally: Tally) -> Iterator[Finding]:
    counts = dict(tally.days.group_by(EVENT).agg(pl.col(COUNT).sum()).rows())
    views, bought = counts.get(EventKind.VIEW_ITEM.value, 0), counts.get(EventKind.PURCHASE.value, 0)
    if not counts.keys() & _BROWSING:
        yield Finding(
            name="no_browsing",
            severity=Severity.INFO,
            what="Events of a log without views, clicks, carts or wishlists",
            count=tally.events,
            of=tally.events,
            advice="Shelves follow what was bought or rated only; send view_item and add_to_cart, and they follow each "
            "click.",
        )
    if not bought:
        yield Finding(
            name="no_purchases",
            severity=Severity.INFO,
            what="Events of a log without purchases",
            count=tally.events,
            of=tally.events,
            advice="Frequently bought together and buy it again stay empty; import orders, too.",
        )
    if 0 < views < bought:
        yield Finding(
            name="more_bought_than_viewed",
            severity=Severity.WARNING,
            what="Purchases beyond the number of views",
            count=bought - views,
            of=bought,
            example=f"{bought:,} purchases, {views:,} views",
            advice="Views are missing: look whether the tracker is on every product page, and where it needs consent.",
        )


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where each run of true begins, and the place after its end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
