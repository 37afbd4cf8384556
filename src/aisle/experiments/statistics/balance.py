"""Whether units were assigned as declared: if not, whatever made them differ may also have made the metrics differ."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy import stats

from aisle.experiments.statistics.samples import Floats

BROKEN: Final = 0.001
"""Below this p-value the ratio of units is no chance (Fabijan et al., Diagnosing Sample Ratio Mismatch, 2019)."""


class Balance(NamedTuple):
    """The units of the variants, beside those that their shares promise."""

    units: tuple[int, ...]
    expected: tuple[float, ...]
    p_value: float

    @property
    def is_broken(self) -> bool:
        """Whether the report has to stop."""
        return self.p_value < BROKEN


def sample_ratio(units: Sequence[int], shares: Sequence[float]) -> Balance:
    """Compare the numbers of units with the shares of the variants, by the chi-square test.

    Parameters
    ----------
    units
        How many units each variant has, two variants or more.
    shares
        What each should have, in any unit.
    """
    total, whole = sum(units), sum(shares)
    expected = tuple(total * share / whole for share in shares)
    p_value = float(stats.chisquare(units, expected).pvalue) if total else 1.0
    return Balance(tuple(units), expected, p_value)


def uniformity(places: Floats, bins: int = 20) -> float:
    """Return the p-value of numbers from 0 to 1 being spread evenly, by the chi-square test."""
    return float(stats.chisquare(np.histogram(places, bins, (0, 1))[0]).pvalue)
