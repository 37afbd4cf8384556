"""Moments: microseconds since 1970 UTC, as integers."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class _Clock:
    """What says which moment it is."""

    read: Callable[[], int] | None = None


def now() -> int:
    """Return the present moment."""
    return _Clock.read() if _Clock.read else time.time_ns() // 1000


def follow(clock: Callable[[], int] | None) -> None:
    """Let this process live in the moments of another clock, such as a simulation's; None: the machine's again.

    Only Python code can do this, in its own process: no setting, variable of the environment, option or request
    names a clock, so that nobody who reaches a shop's server can move the time of its orders and its models.
    """
    _Clock.read = staticmethod(clock) if clock else None


def to_moment(when: datetime) -> int:
    """Return a date as a moment; a naive one is taken as UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    seconds = aware.timestamp()
    return int(seconds // 1) * SECOND + aware.microsecond


def from_moment(moment: int) -> datetime:
    """Return a moment as an aware UTC date."""
    return datetime.fromtimestamp(moment // SECOND, UTC).replace(microsecond=moment % SECOND)


def format_day(moment: int) -> str:
    """Return the day of a moment as `2011-11-10`."""
    return from_moment(moment).date().isoformat()


def format_minute(moment: int) -> str:
    """Return a moment as `2011-11-10 09:05`."""
    return f"{from_moment(moment):%Y-%m-%d %H:%M}"


def format_second(moment: int) -> str:
    """Return a moment as `2011-11-10 09:05:59`."""
    return f"{from_moment(moment):%Y-%m-%d %H:%M:%S}"
