"""Stray moments: a few events far from all others, such as an order dated today in a log of last year.

They say nothing about the shop's present, so that neither ages nor held-out windows may count from them.
"""

from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from aisle.shop.moments import DAY, format_day

FEW: Final = 50
"""More events than this are stray only if a usual day has more."""

SHARE: Final = 0.05
"""Events are stray if they are fewer than this share of what usually comes within the silence before them, and than
this share of the log."""


class SteadySpan(Struct, frozen=True):
    """The time of a log without its stray moments: from `start` up to, not including, `end`, in microseconds."""

    start: int
    end: int

    def holds(self, moments: pl.Series) -> pl.Series:
        """Return which moments lie within."""
        return (moments >= self.start) & (moments < self.end)

    def describe_stray(self, moments: pl.Series) -> str | None:
        """Say how many moments lie outside, and when; None if none does."""
        stray = moments.filter(~self.holds(moments)).sort()
        if len(stray) == 0:
            return None
        days = format_day(stray[0]), format_day(stray[-1])
        when = f"of {days[0]}" if days[0] == days[1] else f"from {days[0]} to {days[1]}"
        return (
            f"{len(stray):,} {when}, far from all others ({format_day(self.start)} to {format_day(self.end - 1)}); "
            "they count once more events come around them"
        )


def steady_span(days: NDArray[np.int64], counts: NDArray[np.int64]) -> SteadySpan:
    """Return the time of a log without stray moments at its beginning and its end.

    Parameters
    ----------
    days
        The days with events, as numbers since 1970, rising, (days,); at least one.
    counts
        The number of events of each, (days,).
    """
    last = _last_steady(days, counts)
    first = len(days) - 1 - _last_steady(-days[::-1], counts[::-1])
    return SteadySpan(int(days[first]) * DAY, (int(days[last]) + 1) * DAY)


def _last_steady(days: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Return the place of the last day that is not stray: of the earliest one with next to nothing after it."""
    usual = float(np.median(counts))
    after = counts.sum() - np.cumsum(counts)[:-1]
    in_silence = SHARE * usual * np.diff(days)
    stray = after <= np.minimum(in_silence, min(max(usual, FEW), SHARE * counts.sum()))
    return int(np.argmax(stray)) if stray.any() else len(days) - 1


def days_of(moments: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the days on which there are moments, rising, and how many there are on each, both (days,)."""
    return np.unique(moments.to_numpy() // DAY, return_counts=True)
