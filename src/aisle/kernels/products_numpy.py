"""Products of sparse matrices in plain NumPy: what the kernels of `products` compute, row by row.

The similarity of two rows a and b follows from their inner product and their sizes, in one of two ways:

    product    a·b / (size(a) size(b) + shrinkage)
    union      a·b / (size(a) + size(b) - a·b + shrinkage)

With the lengths of the rows as sizes, the first is the cosine; with counts and rows of ones, the second is Jaccard's.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.topn_numpy import top

Floats = NDArray[np.float32]


class Denominator(NamedTuple):
    """What inner products are divided by, so that they become similarities."""

    left: Floats
    """The size of each row of the left matrix, (rows,)."""
    right: Floats
    """The size of each column of the right one, (columns,)."""
    shrinkage: float
    """Added to the denominator, so that little evidence counts less; 0 or more."""
    union: bool
    """Whether the denominator is that of `union`, or that of `product`."""


def top_products(left: CSR, right: CSR, denominator: Denominator, k: int) -> CSR:
    """Return the k largest similarities of each row of left·right.

    Parameters
    ----------
    left
        (rows, inner); a column appears at most once in a row, here and in `right`.
    right
        (inner, columns).
    denominator
        What the inner products are divided by.
    k
        The number to keep of each row, at least 1; of equal ones, the first. Only those above 0 are kept.

    Returns
    -------
    CSR
        (rows, columns); the entries of a row are in no particular order.
    """
    kept = [_top_product(left, row, right, denominator, k) for row in range(len(denominator.left))]
    indptr = np.cumsum([0, *(len(indices) for indices, _ in kept)])
    indices = np.concatenate([np.zeros(0, np.int32), *(indices for indices, _ in kept)])
    return CSR(indptr, indices, np.concatenate([np.zeros(0, np.float32), *(values for _, values in kept)]))


def products(left: CSR, right: CSR, columns: int) -> Floats:
    """Return left·right as a dense matrix (rows, columns)."""
    dense = np.zeros((len(left.indptr) - 1, columns), np.float32)
    for row in range(len(dense)):
        _add_product(left, row, right, dense[row])
    return dense


def reach(left: CSR, right: CSR, columns: int) -> tuple[NDArray[np.int32], Floats]:
    """Return the columns that a single row of left·right reaches, each once and in any order, and their values."""
    of_entries = [right.indices[right.indptr[row] : right.indptr[row + 1]] for row in left.indices]
    reached = np.unique(np.concatenate([np.zeros(0, np.int32), *of_entries]))
    return reached, products(left, right, columns)[0, reached]


def dense_products(left: CSR, right: Floats) -> Floats:
    """Return left·right (rows, columns), where the right matrix (inner, columns) is dense."""
    product = np.zeros((len(left.indptr) - 1, right.shape[1]), np.float32)
    for row, (start, stop) in enumerate(zip(left.indptr, left.indptr[1:], strict=False)):
        product[row] = left.values[start:stop] @ right[left.indices[start:stop]]
    return product


def row_sums(rows: CSR, values: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """Return the sum of each row's values, given those of all entries, (rows,)."""
    sums = np.zeros(len(rows.indptr) - 1, dtype)
    filled = rows.counts > 0
    sums[filled] = np.add.reduceat(values, rows.indptr[:-1][filled], dtype=dtype) if filled.any() else 0
    return sums


def _top_product(left: CSR, row: int, right: CSR, denominator: Denominator, k: int) -> tuple[NDArray[np.int32], Floats]:
    dots = np.zeros(len(denominator.right), np.float32)
    _add_product(left, row, right, dots)
    size = denominator.left[row]
    weight = size + denominator.right - dots if denominator.union else size * denominator.right
    similarities = np.full(len(dots), np.nan, np.float32)
    np.divide(dots, weight + np.float32(denominator.shrinkage), out=similarities, where=dots > 0)
    return top(similarities, k)


def _add_product(left: CSR, row: int, right: CSR, total: Floats) -> None:
    """Add one row of left·right to total (columns,)."""
    entries = slice(left.indptr[row], left.indptr[row + 1])
    starts, stops = right.indptr[left.indices[entries]], right.indptr[left.indices[entries] + 1]
    sizes = stops - starts
    reached = np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    # Entry by entry, as the kernel adds, so that both round alike.
    np.add.at(total, right.indices[reached], np.repeat(left.values[entries], sizes) * right.values[reached])
