"""The leading right singular vectors of a sparse matrix, by randomised subspace iteration.

Halko, Martinsson and Tropp, "Finding Structure with Randomness" (2011), algorithm 4.4, with a Rayleigh–Ritz step at the
end. Equal seeds give equal vectors for any number of threads.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.als import align
from aisle.kernels.csr import CSR
from aisle.kernels.products import dense_products
from aisle.kernels.threads import all_cores

_SPARE: Final = 64
"""This many more directions are iterated than are returned, so that the last ones converge, too."""
_ITERATIONS: Final = 3
_NEGLIGIBLE: Final = 1e-5
"""Directions with a smaller squared length than this share of the largest are float32 noise."""


def leading_directions(by_row: CSR, by_column: CSR, rank: int, seed: int) -> NDArray[np.float32]:
    """Return orthonormal directions (columns, directions), the leading one last.

    Parameters
    ----------
    by_row, by_column
        The matrix (rows, columns) and its transpose.
    rank
        The number of directions, at least 1; a matrix of lower rank has fewer, and zeros for the others.
    seed
        Of the first directions.
    """
    rows, columns = len(by_row.indptr) - 1, len(by_column.indptr) - 1
    width = min(rank + _SPARE, rows, columns)
    directions = np.random.default_rng(seed).standard_normal((columns, width), np.float32)
    with all_cores():
        for _ in range(_ITERATIONS):
            directions = dense_products(by_column, dense_products(by_row, directions))
            spectrum = align(directions)
            kept = spectrum > _NEGLIGIBLE * spectrum[-1]
            directions *= np.divide(1, np.sqrt(spectrum), out=np.zeros_like(spectrum), where=kept)
        align(dense_products(by_row, directions), directions)
    return np.ascontiguousarray(directions[:, -rank:])
