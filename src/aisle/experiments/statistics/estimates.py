"""What a variant's metric is, and how far it can be trusted: means and ratios by one formula.

A ratio of means R = N / D has the variance g' C g / n by the delta method, where C is the covariance of a unit's
values and g the gradient of R (Deng, Knoblich and Lu, Applying the Delta Method in Metric Analytics, 2018); a mean is
the ratio whose denominator is 1 for every unit. CUPED takes off what the time before the experiment explains:
R - t (B - B*), where B is the metric before, B* that of all variants together and t = cov(R, B) / var(B) (Deng, Xu,
Kohavi and Walker, 2013).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aisle.experiments.statistics.samples import (
    COLUMNS,
    DENOMINATOR,
    DENOMINATOR_BEFORE,
    NUMERATOR,
    NUMERATOR_BEFORE,
    Floats,
    Sample,
)


class Estimate(NamedTuple):
    """A metric of a variant."""

    value: Floats
    variance: Floats
    """Of the value, not of a unit."""
    n: Floats
    """How many units it is from."""


def plain(sample: Sample) -> Estimate:
    """Return the metric as it is."""
    value, gradient = _ratio(sample, NUMERATOR, DENOMINATOR)
    return Estimate(value, _product(gradient, sample, gradient) / sample.n, sample.n)


def adjusted(sample: Sample, everyone: Sample) -> Estimate:
    """Return the metric without what the time before the experiment explains.

    Parameters
    ----------
    everyone
        The units of all variants, by which the adjustment is the same for each.
    """
    value, gradient = _ratio(sample, NUMERATOR, DENOMINATOR)
    before, gradient_before = _ratio(sample, NUMERATOR_BEFORE, DENOMINATOR_BEFORE)
    before_of_all = _ratio(everyone, NUMERATOR_BEFORE, DENOMINATOR_BEFORE)[0]
    weight = adjustment(everyone)
    both = gradient - weight[..., None] * gradient_before
    return Estimate(value - weight * (before - before_of_all), _product(both, sample, both) / sample.n, sample.n)


def adjustment(everyone: Sample) -> Floats:
    """Return t, by which the metric before is weighed; 0 where that does not vary."""
    gradient = _ratio(everyone, NUMERATOR, DENOMINATOR)[1]
    gradient_before = _ratio(everyone, NUMERATOR_BEFORE, DENOMINATOR_BEFORE)[1]
    spread = _product(gradient_before, everyone, gradient_before)
    return np.divide(_product(gradient, everyone, gradient_before), spread, np.zeros_like(spread), where=spread > 0)


def stratified(strata: Sequence[Estimate], shares: Floats) -> Estimate:
    """Return the metric of a variant whose strata have the shares of all variants together (Miratrix et al., 2013).

    Parameters
    ----------
    strata
        The estimates in each, such as of shoppers with a history and without.
    shares
        The share of each stratum in all units of the experiment, (strata,) or (..., strata).
    """
    values = np.stack([stratum.value for stratum in strata], axis=-1)
    variances = np.stack([stratum.variance for stratum in strata], axis=-1)
    n = np.sum([stratum.n for stratum in strata], axis=0)
    return Estimate((values * shares).sum(-1), (variances * shares**2).sum(-1), n)


def _ratio(sample: Sample, top: int, under: int) -> tuple[Floats, Floats]:
    """Return a ratio of means and its gradient, (...) and (..., 4); NaN where nothing is divided by."""
    divisor = np.where(sample.means[..., under] == 0, np.nan, sample.means[..., under])
    value = sample.means[..., top] / divisor
    gradient = np.zeros((*np.shape(value), COLUMNS))
    gradient[..., top] = 1 / divisor
    gradient[..., under] = -value / divisor
    return value, gradient


def _product(left: Floats, sample: Sample, right: Floats) -> Floats:
    product: Floats = np.einsum("...i,...ij,...j->...", left, sample.covariances, right)
    return product
