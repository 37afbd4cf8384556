"""Ridge regressions, rows in parallel, by Cholesky factors in double precision; the twin is `ridge_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import Doubles, FilledFloatRows, FloatRows, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.threads import even_blocks, share_out

_BLOCKS: Final = 64


def solve_rows(rows: CSR, ridge: Floats, features: Floats) -> Floats:
    """Return the minimum of each row, as `ridge_numpy.solve_rows` does; the same for any number of threads."""
    solved = np.zeros((len(ridge), features.shape[1]), np.float32)

    def solve(start: int, stop: int) -> None:
        _solve_rows(start, stop, *rows, ridge, features, solved)

    # A row costs its entries, and its factors once more for the Cholesky factor.
    work = rows.indptr + features.shape[1] * np.arange(len(rows.indptr))
    share_out(solve, even_blocks(work, max(1, work[-1] / _BLOCKS)))
    return solved


@inlined
def _add_outer(y: Floats, target: np.float32, matrix: Doubles, x: Doubles) -> None:
    """Add y yᵀ to the lower half of the matrix, and target y to x."""
    for a in range(len(y)):
        x[a] += target * y[a]
        of_a = np.float64(y[a])
        for b in range(a + 1):
            matrix[a, b] += of_a * y[b]


@inlined
def _factor(matrix: Doubles) -> None:
    """Replace the lower half of a matrix A by L, where A = L Lᵀ."""
    for a in range(len(matrix)):
        for b in range(a):
            rest = matrix[a, b]
            for k in range(b):
                rest -= matrix[a, k] * matrix[b, k]
            matrix[a, b] = rest / matrix[b, b]
        rest = matrix[a, a]
        for k in range(a):
            rest -= matrix[a, k] * matrix[a, k]
        matrix[a, a] = np.sqrt(rest)


@inlined
def _substitute(lower: Doubles, x: Doubles) -> None:
    """Replace x by the solution of L Lᵀ z = x."""
    for a in range(len(x)):
        rest = x[a]
        for k in range(a):
            rest -= lower[a, k] * x[k]
        x[a] = rest / lower[a, a]
    for a in range(len(x) - 1, -1, -1):
        x[a] /= lower[a, a]
        for k in range(a):
            x[k] -= lower[a, k] * x[a]


@kernel
def _solve_rows(
    start: int,
    stop: int,
    indptr: Longs,
    indices: Ints,
    targets: Floats,
    ridge: Floats,
    features: FloatRows,
    solved: FilledFloatRows,
) -> None:
    factors = features.shape[1]
    matrix = np.empty((factors, factors), np.float64)
    x = np.empty(factors, np.float64)
    for row in range(start, stop):
        if indptr[row] == indptr[row + 1]:
            continue
        matrix[:] = 0
        x[:] = 0
        for entry in range(indptr[row], indptr[row + 1]):
            _add_outer(features[indices[entry]], targets[entry], matrix, x)
        for k in range(factors):
            matrix[k, k] += ridge[row]
        _factor(matrix)
        _substitute(matrix, x)
        for k in range(factors):
            solved[row, k] = np.float32(x[k])
