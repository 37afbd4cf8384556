"""Quantiles of a variant, such as the median order: the error is read off the order of the values (Woodruff, 1952)."""

from typing import Final

import numpy as np
from scipy import stats

from aisle.experiments.statistics.estimates import Estimate
from aisle.experiments.statistics.samples import Floats

FEW: Final = 20
"""Fewer values than this say nothing of a quantile's error."""

_ONE_SIGMA: Final = float(stats.norm.cdf(1))


def quantile(values: Floats, probability: float) -> Estimate:
    """Return a quantile of values, (units,); NaN where there are too few.

    The number of values below the true quantile is binomial, so that two values of known rank hold it; half of their
    distance, each one standard deviation of that number away, is the standard error.
    """
    n = len(values)
    if n < FEW:
        return Estimate(np.array(np.nan), np.array(np.nan), np.array(float(n)))
    ranks = stats.binom.ppf([1 - _ONE_SIGMA, _ONE_SIGMA], n, probability)
    low, high = np.sort(values)[np.clip(ranks, 0, n - 1).astype(np.int64)]
    error = (high - low) / 2
    return Estimate(np.array(np.quantile(values, probability)), np.array(error**2), np.array(float(n)))
