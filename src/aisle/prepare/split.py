"""The split of a log by time: the events before a moment, and the window after it."""

from typing import Any, Final

import narwhals as nw
from msgspec import Struct

from aisle.shop.columns import TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY, format_day

LONGEST_DAYS: Final = 28
"""Four weeks hold every weekday equally often."""

SHARE: Final = 5
"""The window is at most one fifth of the log."""


class Window(Struct, frozen=True):
    """A held-out stretch of time: from `cut` up to, not including, `end`, both in microseconds."""

    cut: int
    end: int

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.cut) / DAY


def holdout_window(first: int, last: int) -> Window:
    """Return the window at a log's end to compare models on: whole days (UTC), four weeks or a fifth of the log.

    Parameters
    ----------
    first, last
        The moments of the log's first and last events.

    Raises
    ------
    NotEnoughData
        If the log covers fewer than five days.
    """
    end = (last // DAY + 1) * DAY
    covered = end // DAY - first // DAY
    days = min(LONGEST_DAYS, covered // SHARE)
    if days < 1:
        raise NotEnoughData(
            f"the log covers {covered} {'day' if covered == 1 else 'days'}, {format_day(first)} to {format_day(last)}; "
            f"holding out a window takes at least {SHARE}, so import a longer log"
        )
    return Window(cut=end - days * DAY, end=end)


def windows_before(end: int, first: int, days: float, most: int) -> list[Window]:
    """Return windows of equal length, the newest first, each with at least as much log before it.

    Parameters
    ----------
    end
        The end of the newest, in microseconds.
    first
        The moment of the log's first event.
    days
        The length of each.
    most
        The most windows; a short log has fewer, or none.
    """
    length = round(days * DAY)
    cuts = [end - length * number for number in range(1, most + 1)]
    return [Window(cut, cut + length) for cut in cuts if cut - first >= length]


def split(events: nw.LazyFrame[Any], window: Window) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Return the events before the window and those within it."""
    moment = nw.col(TIMESTAMP)
    return events.filter(moment < window.cut), events.filter(moment >= window.cut, moment < window.end)
