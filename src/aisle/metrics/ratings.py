"""The errors of predicted stars.

Pairs without a prediction, NaN, are skipped.
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
    """Return Spearman's rank correlation, in [-1, 1]; NaN if all predictions, or all stars given, are equal.

    Equal values share their mean rank.

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
    """Return the difference of each value's rank from the mean rank; equal values share their mean rank."""
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
