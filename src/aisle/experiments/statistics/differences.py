"""The difference between a variation and the baseline, with the interval and p-value of a test that is read once."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from aisle.experiments.statistics.estimates import Estimate
from aisle.experiments.statistics.samples import Floats


class Difference(NamedTuple):
    """How far a variation is from the baseline."""

    value: Floats
    error: Floats
    """The standard error of the value."""
    freedom: Floats
    """The degrees of freedom of that error (Welch, 1947)."""

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the ends of the interval that holds the true difference with a probability, if it is read once."""
        reach = stats.t.ppf((1 + level) / 2, self.freedom) * self.error
        return self.value - reach, self.value + reach

    def p_value(self) -> Floats:
        """Return how probable a difference as great would be if there were none; NaN where nothing varies."""
        with np.errstate(divide="ignore", invalid="ignore"):
            p_value = 2 * np.asarray(stats.t.sf(np.abs(self.value / self.error), self.freedom))
        return np.where(self.error > 0, p_value, np.nan)


def absolute(baseline: Estimate, variation: Estimate) -> Difference:
    """Return the difference in the metric's own unit."""
    return _difference(baseline, variation, variation.value - baseline.value, np.ones_like(baseline.value), 1.0)


def relative(baseline: Estimate, variation: Estimate) -> Difference:
    """Return the change as a share of the baseline, by the delta method; NaN where the baseline is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(baseline.value == 0, np.nan, variation.value / baseline.value)
    return _difference(baseline, variation, ratio - 1, baseline.value, ratio)


def _difference(
    baseline: Estimate, variation: Estimate, value: Floats, unit: Floats, weight: Floats | float
) -> Difference:
    with np.errstate(divide="ignore", invalid="ignore"):
        of_variation = variation.variance / unit**2
        of_baseline = baseline.variance * weight**2 / unit**2
        both = of_variation + of_baseline
        freedom = both**2 / (of_variation**2 / (variation.n - 1) + of_baseline**2 / (baseline.n - 1))
    return Difference(value, np.sqrt(both), freedom)
