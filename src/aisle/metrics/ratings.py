"""How far predicted stars are from those given.

A pair that a model has no prediction for, NaN, has no error and counts for nothing.
"""

import numpy as np
from numpy.typing import NDArray


def rmse(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> float:
    """Return the root of the mean squared error, in stars; NaN if nothing is predicted.

    Parameters
    ----------
    predicted, given
        Stars, (pairs,).
    """
    return float(np.sqrt(_mean(_errors(predicted, given) ** 2)))


def mae(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> float:
    """Return the mean absolute error, in stars; NaN if nothing is predicted.

    Parameters
    ----------
    predicted, given
        Stars, (pairs,).
    """
    return float(_mean(np.abs(_errors(predicted, given))))


def spearman(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation, in [-1, 1]; equal values share a rank, and NaN if either side has only one.

    Parameters
    ----------
    predicted, given
        Stars, (pairs,).
    """
    valued = ~np.isnan(_differences(predicted, given))
    first, second = _ranks(predicted[valued]), _ranks(given[valued])
    spread = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / spread) if spread else float("nan")


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far each value's rank is from the mean rank, equal values in the middle of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts - 1) / 2
    ranks: NDArray[np.float64] = middles[place] - (len(values) + 1) / 2
    return ranks


def _differences(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> NDArray[np.float64]:
    if predicted.shape != given.shape:
        raise ValueError(f"{len(predicted)} predictions do not match {len(given)} ratings")
    differences: NDArray[np.float64] = predicted.astype(np.float64) - given
    return differences


def _errors(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> NDArray[np.float64]:
    errors = _differences(predicted, given)
    valued: NDArray[np.float64] = errors[~np.isnan(errors)]
    return valued


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
