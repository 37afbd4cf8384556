"""Scores of different models made comparable, in plain NumPy: what the kernel of `standard` computes.

A row of scores s becomes (s - mean) / deviation, over the scores that are there. Where nothing is there, or all are
equal, it becomes 0.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def add_standardised(total: Floats, scores: Floats, weight: float) -> NDArray[np.bool_]:
    """Add weight × standardised scores to a total (rows, columns), in place; NaN adds nothing.

    Returns
    -------
    NDArray[np.bool_]
        Which rows have any score, (rows,).
    """
    there = ~np.isnan(scores)
    counted = there.sum(axis=1)
    counts = np.maximum(counted, 1)[:, None]
    values = np.where(there, scores, 0).astype(np.float64)
    means = values.sum(axis=1, keepdims=True) / counts
    distances = np.where(there, values - means, 0)
    deviations = np.sqrt((distances**2).sum(axis=1, keepdims=True) / counts)
    total += (weight * np.divide(distances, deviations, out=np.zeros_like(distances), where=deviations > 0)).astype(
        np.float32
    )
    return np.asarray(counted > 0)
