"""When shoppers of the simulated shop come: days, weekdays, hours, and the season of each category."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.moments import DAY, from_moment
from aisle.simulator.vocabulary import LEAVES

HOUR: Final = DAY // 24

# Visits by weekday, Monday first, and by hour of the day (UTC): a lunch break, and an evening on the sofa.
_WEEKDAYS: Final = np.array([1.0, 0.95, 0.95, 1.0, 0.9, 1.15, 1.3])
_HOURS: Final = np.array([6, 3, 2, 1, 1, 2, 6, 14, 24, 30, 34, 38, 44, 40, 34, 32, 34, 40, 50, 62, 70, 62, 40, 18.0])
_GROWTH: Final = 0.1


@dataclass(frozen=True, eq=False)
class Calendar:
    """The days of a simulation.

    Attributes
    ----------
    arrivals
        Cumulative share of all visits until each midnight, (days + 1,) float64 from 0 to 1.
    leaves
        Logarithm of the demand for each leaf category on each day, (days, leaves) float32.
    """

    start: int
    arrivals: NDArray[np.float64]
    leaves: NDArray[np.float32]

    @property
    def days(self) -> int:
        """The number of days."""
        return len(self.arrivals) - 1

    @property
    def end(self) -> int:
        """The moment after the last day."""
        return self.start + self.days * DAY

    def day_of(self, moments: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the day of each moment, counted from the first."""
        return ((moments - self.start) // DAY).astype(np.int32)

    def draw_moments(self, rng: Generator, first_day: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return a moment of a visit, in microseconds, for each first day on which it may be; days may be fractions."""
        earliest = np.interp(first_day, np.arange(self.days + 1), self.arrivals)
        share = earliest + rng.random(len(first_day)) * (1 - earliest)
        day = np.searchsorted(self.arrivals, share, side="right") - 1
        hour = rng.choice(24, len(day), p=_HOURS / _HOURS.sum())
        return self.start + day * DAY + hour * HOUR + rng.integers(0, HOUR, len(day))


def make_calendar(end: int, days: int) -> Calendar:
    """Return the calendar of the days before a moment; visits grow a little from the first day to the last."""
    start = end - days * DAY
    dates = [from_moment(start) + timedelta(days=day) for day in range(days)]
    weekdays = _WEEKDAYS[[date.weekday() for date in dates]]
    visits = weekdays * np.linspace(1, 1 + _GROWTH, days)
    arrivals = np.concatenate([[0.0], np.cumsum(visits) / visits.sum()])
    arrivals[-1] = 1.0
    months = np.array([date.timetuple().tm_yday for date in dates]) / 365.25 * 12
    peaks = np.array([leaf.peak - 0.5 for leaf in LEAVES])
    swings = np.array([leaf.swing for leaf in LEAVES])
    leaves = swings * np.cos(2 * np.pi * (months[:, None] - peaks) / 12)
    return Calendar(start, arrivals, leaves.astype(np.float32))
