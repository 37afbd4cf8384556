"""Intervals for means over shoppers, by the percentile bootstrap (Efron, 1979): draw the shoppers over and over."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

RESAMPLES: Final = 2000
"""The number of draws."""

LEVEL: Final = 0.95
"""The probability with which an interval should hold the true value."""

FEW: Final = 50
"""Fewer shoppers than this may all be alike by chance, and their interval must not be narrow for it."""

_BLOCK: Final = 4_000_000


class Interval(Struct, frozen=True):
    """A figure, with the range in which it would be with other shoppers of the same kind."""

    value: float
    low: float
    high: float


def mean_interval(values: NDArray[np.float64], *, seed: int) -> Interval:
    """Return the mean of a metric between 0 and 1 with its interval.

    Of few shoppers, or of shoppers who are all alike, the draws include one with the lowest and one with the highest
    value: with nothing but zeros among n shoppers, the interval reaches up to about 3 / n (the rule of three).

    Parameters
    ----------
    values
        One value per shopper, (shoppers,). Shoppers with NaN are skipped; at least one has a number.
    seed
        Equal seeds give equal intervals.
    """
    valued = values[~np.isnan(values)][None]
    few = valued.shape[1] < FEW or np.ptp(valued) == 0
    return interval(float(valued.mean()), resampled_means(valued, seed, ((0.0, 1.0),) if few else None)[0])


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """Return the interval that holds the middle `LEVEL` of resampled values."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def resampled_means(
    values: NDArray[np.float64], seed: int, imagined: Sequence[Sequence[float]] | None = None
) -> NDArray[np.float64]:
    """Return the means of shoppers drawn with replacement, the same ones for each row, (rows, `RESAMPLES`).

    Parameters
    ----------
    values
        One row per metric or model, (rows, shoppers), without NaN.
    seed
        Equal seeds draw equal shoppers.
    imagined
        The values of shoppers who may be drawn as well, (rows, imagined shoppers).
    """
    rng = np.random.default_rng(seed)
    drawn_shoppers = values.shape[1]
    if imagined is not None:
        values = np.concatenate((values, np.asarray(imagined, np.float64)), axis=1)
    shoppers = values.shape[1]
    block = max(1, _BLOCK // shoppers)
    sizes = [min(block, RESAMPLES - start) for start in range(0, RESAMPLES, block)]
    drawn = (rng.integers(shoppers, size=(size, drawn_shoppers), dtype=np.int32) for size in sizes)
    return np.concatenate([values[:, rows].mean(axis=2) for rows in drawn], axis=1)
