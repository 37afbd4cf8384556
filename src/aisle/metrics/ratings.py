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


def _errors(predicted: NDArray[np.floating], given: NDArray[np.floating]) -> NDArray[np.float64]:
    if predicted.shape != given.shape:
        raise ValueError(f"{len(predicted)} predictions do not match {len(given)} ratings")
    errors = predicted.astype(np.float64) - given
    valued: NDArray[np.float64] = errors[~np.isnan(errors)]
    return valued


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
