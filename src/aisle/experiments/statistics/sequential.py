"""Intervals that hold at every moment, so that looking early is safe.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Time-uniform central limit theory
and asymptotic confidence sequences, 2021), which is Robbins' normal mixture (1970) and the mixture sequential
probability ratio test of Johari, Koomen, Pekelis and Walsh (2017): with n units and r = n rho^2, the difference is held
by +- error * sqrt((1 + 1 / r) * log((1 + r) / alpha^2)) at all moments together with a probability of 1 - alpha. rho is
such that the interval is narrowest at the planned number of units.
"""

from typing import Final, NamedTuple

import numpy as np

from aisle.experiments.statistics.differences import Difference
from aisle.experiments.statistics.samples import Floats

LEVEL: Final = 0.95


class AlwaysValid(NamedTuple):
    """What can be said of a difference, however often it was looked at before."""

    low: Floats
    high: Floats
    p_value: Floats
    """Valid at every moment; NaN where nothing varies."""


def always_valid(difference: Difference, done: Floats | float, level: float = LEVEL) -> AlwaysValid:
    """Return the interval and the p-value of a difference that may be looked at again and again.

    Parameters
    ----------
    done
        The number of units as a share of the planned one, above 0.
    """
    reach = widening(done, level) * difference.error
    r = _narrowest(level) * np.asarray(done, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = difference.value / difference.error
        p_value = np.minimum(1.0, np.sqrt(1 + r) * np.exp(-(z**2) * r / (1 + r) / 2))
    known = difference.error > 0
    return AlwaysValid(difference.value - reach, difference.value + reach, np.where(known, p_value, np.nan))


def widening(done: Floats | float, level: float = LEVEL) -> Floats:
    """Return how many standard errors the interval reaches to each side."""
    r = _narrowest(level) * np.asarray(done, np.float64)
    reach: Floats = np.sqrt((1 + 1 / r) * (np.log1p(r) - 2 * np.log(1 - level)))
    return reach


def _narrowest(level: float) -> float:
    """Return r at which the interval is about as narrow as it can be, as the paper gives it."""
    doubt = -2 * np.log(1 - level)
    return float(doubt + np.log(doubt) + 1)
