"""Ridge regression of each column of a sparse matrix on a few others, in plain NumPy: the twin of `regression`.

With the columns x_i of X, the weights of column j on its neighbours I minimise

    |x_j - Σ_{i ∈ I} w_i x_i|² + ridge |w|²
"""

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Floats = NDArray[np.float32]


def regress(
    by_column: CSR, rows: int, indptr: NDArray[np.int64], neighbours: NDArray[np.int32], ridge: float
) -> Floats:
    """Return the weight of each neighbour, aligned with `neighbours`.

    Parameters
    ----------
    by_column
        Xᵀ in CSR form, (columns, rows).
    rows
        How many rows X has.
    indptr, neighbours
        Column j is regressed on `neighbours[indptr[j]:indptr[j + 1]]`, not itself among them.
    ridge
        Positive.
    """
    weights = np.empty(len(neighbours), np.float32)
    for column in range(len(indptr) - 1):
        own = slice(indptr[column], indptr[column + 1])
        dense = _columns(by_column, rows, neighbours[own])
        target = _columns(by_column, rows, np.array([column], np.int32))[:, 0]
        gram = dense.T @ dense + ridge * np.eye(dense.shape[1])
        weights[own] = np.linalg.solve(gram, dense.T @ target)
    return weights


def _columns(by_column: CSR, rows: int, columns: NDArray[np.int32]) -> NDArray[np.float64]:
    dense = np.zeros((rows, len(columns)))
    for place, column in enumerate(columns):
        own = slice(by_column.indptr[column], by_column.indptr[column + 1])
        dense[by_column.indices[own], place] = by_column.values[own]
    return dense
