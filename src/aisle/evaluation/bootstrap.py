"""Intervals for means over shoppers, by the percentile bootstrap (Efron, 1979): draw the shoppers over and over."""

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

RESAMPLES: Final = 2000
"""The number of draws."""

LEVEL: Final = 0.95
"""The probability with which an interval should hold the true value."""

_BLOCK: Final = 4_000_000


class Interval(Struct, frozen=True):
    """A figure, with the range in which it would be with other shoppers of the same kind."""

    value: float
    low: float
    high: float


def mean_interval(values: NDArray[np.float64], *, seed: int) -> Interval:
    """Return the mean of a metric with its interval.

    Parameters
    ----------
    values
        One value per shopper, (shoppers,). Shoppers with NaN are skipped; at least one has a number.
    seed
        Equal seeds give equal intervals.
    """
    valued = values[~np.isnan(values)][None]
    return interval(float(valued.mean()), resampled_means(valued, seed)[0])


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """Return the interval that holds the middle `LEVEL` of resampled values."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the means of shoppers drawn with replacement, the same ones for each row, (rows, `RESAMPLES`).

    Parameters
    ----------
    values
        One row per metric or model, (rows, shoppers), without NaN.
    seed
        Equal seeds draw equal shoppers.
    """
    rng = np.random.default_rng(seed)
    shoppers = values.shape[1]
    block = max(1, _BLOCK // shoppers)
    sizes = [min(block, RESAMPLES - start) for start in range(0, RESAMPLES, block)]
    drawn = (rng.integers(shoppers, size=(size, shoppers), dtype=np.int32) for size in sizes)
    return np.concatenate([values[:, rows].mean(axis=2) for rows in drawn], axis=1)
