"""Ridge regression of each column of a sparse matrix on a few others, in parallel; twin: `regression_numpy`.

The inner products for a column are computed from the sparse columns when they are needed: the matrix of all inner
products, which is dense although the data is not, is never held in memory.
"""

from typing import Final

import numpy as np

from aisle.kernels.compiling import Doubles, FilledFloats, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.threads import blocks, share_out

_COLUMNS: Final = 64


def regress(by_column: CSR, rows: int, indptr: Longs, neighbours: Ints, ridge: float) -> Floats:
    """Return the weight of each neighbour, as `regression_numpy.regress` does."""
    weights = np.empty(len(neighbours), np.float32)
    columns = len(indptr) - 1

    def solve(start: int, stop: int) -> None:
        _regress(start, stop, *by_column, rows, indptr, neighbours, ridge, weights)

    share_out(solve, blocks(columns, _COLUMNS))
    return weights


@inlined
def _spread(indices: Ints, values: Floats, dense: Floats) -> None:
    for i in range(len(indices)):
        dense[indices[i]] = values[i]


@inlined
def _wipe(indices: Ints, dense: Floats) -> None:
    for i in range(len(indices)):
        dense[indices[i]] = 0


@inlined
def _dot(indices: Ints, values: Floats, dense: Floats) -> float:
    total = 0.0
    for i in range(len(indices)):
        total += values[i] * dense[indices[i]]
    return total


@inlined
def _solve(matrix: Doubles, right: Doubles) -> None:
    """Replace right by matrix⁻¹ right, using the lower triangle of a positive definite matrix (Cholesky)."""
    size = len(right)
    for i in range(size):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = np.sqrt(total) if i == j else total / matrix[j, j]
    for i in range(size):
        for k in range(i):
            right[i] -= matrix[i, k] * right[k]
        right[i] /= matrix[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            right[i] -= matrix[k, i] * right[k]
        right[i] /= matrix[i, i]


@kernel
def _regress(
    start: int,
    stop: int,
    column_indptr: Longs,
    indices: Ints,
    values: Floats,
    rows: int,
    indptr: Longs,
    neighbours: Ints,
    ridge: float,
    weights: FilledFloats,
) -> None:
    dense = np.zeros(rows, np.float32)
    for column in range(start, stop):
        own = neighbours[indptr[column] : indptr[column + 1]]
        size = len(own)
        gram = np.empty((size, size))
        right = np.empty(size)
        entries = slice(column_indptr[column], column_indptr[column + 1])
        _spread(indices[entries], values[entries], dense)
        for i in range(size):
            others = slice(column_indptr[own[i]], column_indptr[own[i] + 1])
            right[i] = _dot(indices[others], values[others], dense)
        _wipe(indices[entries], dense)
        for i in range(size):
            these = slice(column_indptr[own[i]], column_indptr[own[i] + 1])
            _spread(indices[these], values[these], dense)
            for j in range(i + 1):
                others = slice(column_indptr[own[j]], column_indptr[own[j] + 1])
                gram[i, j] = _dot(indices[others], values[others], dense)
            gram[i, i] += ridge
            _wipe(indices[these], dense)
        _solve(gram, right)
        weights[indptr[column] : indptr[column + 1]] = right
