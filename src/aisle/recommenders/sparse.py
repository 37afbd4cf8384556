"""Sparse matrices as recommenders use them: training data checked, histories multiplied, tables stored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import products_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator
from aisle.recommenders.base import Array
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.topn import compiled
from aisle.shop.errors import InputError, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float32]


def training_rows(matrix: "csr_array") -> CSR:
    """Return the weights of the training data, (users, items), without copying them.

    Raises
    ------
    NotEnoughData
        If nobody likes anything.
    InputError
        If a weight is not a finite number.
    """
    if matrix.nnz == 0:
        raise NotEnoughData("nobody likes anything in these events; import purchases, carts, views or ratings")
    if not np.isfinite(matrix.data).all():
        raise InputError(
            "a weight is not a finite number; look for prices, ratings or weights that are NaN or infinite"
        )
    return CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), matrix.data)


def history_rows(queries: QueryBatch) -> CSR:
    """Return the weights of histories, (queries, items)."""
    indptr, items = np.ascontiguousarray(queries.history.indptr), np.ascontiguousarray(queries.history.items)
    return CSR(indptr, items, np.ascontiguousarray(queries.weights))


def liked_rows(rows: CSR) -> CSR:
    """Return the entries above 0."""
    liked = rows.values > 0
    return CSR(np.append(0, np.cumsum(liked))[rows.indptr], rows.indices[liked], rows.values[liked])


def scaled(rows: CSR, by_row: Floats, by_column: Floats) -> CSR:
    """Return the entries multiplied by the factor of their row and that of their column."""
    factors = np.repeat(by_row, rows.counts) * by_column[rows.indices]
    return CSR(rows.indptr, rows.indices, rows.values * factors)


def top_products(left: CSR, right: CSR, denominator: Denominator, k: int) -> CSR:
    """Return the k largest similarities of each row of left·right; see `kernels.products_numpy`."""
    if not compiled(len(denominator.left)):
        return products_numpy.top_products(left, right, denominator, k)
    from aisle.kernels.products import top_products

    return top_products(left, right, denominator, k)


def products(left: CSR, right: CSR, columns: int) -> Floats:
    """Return left·right as a dense matrix (rows, columns)."""
    if not compiled(len(left.indptr) - 1):
        return products_numpy.products(left, right, columns)
    from aisle.kernels.products import products

    return products(left, right, columns)


def dense_products(left: CSR, right: Floats) -> Floats:
    """Return left·right as a dense matrix (rows, columns); the right matrix is dense, too."""
    if not compiled(len(left.indptr) - 1):
        return products_numpy.dense_products(left, right)
    from aisle.kernels.products import dense_products

    return dense_products(left, right)


def answered(scores: Floats, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
    """Return the columns of some items of scores (queries, all items); NaN for queries without a positive weight."""
    scores[queries.likes_nothing] = np.nan
    return scores if items is None else scores[:, items]


def entries_of(table: CSR, rows: NDArray[np.int32], column: int) -> Floats:
    """Return the values of one column in the given rows, 0 where nothing is stored, (rows,)."""
    chosen = table.take(rows)
    matches = chosen.indices == column
    return np.bincount(chosen.rows[matches], chosen.values[matches], minlength=len(rows)).astype(np.float32)


def support_of(table: CSR, support: NDArray[np.int32], row: int, column: int) -> int:
    """Return the support of one entry of a table; 0 where nothing is stored.

    Parameters
    ----------
    support
        Of each entry, (entries,).
    """
    start, stop = table.indptr[row : row + 2]
    return int(support[start:stop][table.indices[start:stop] == column].sum())


def table_arrays(prefix: str, table: CSR) -> dict[str, Array]:
    """Return the arrays of a table as a bundle stores them, their names behind a prefix."""
    return {f"{prefix}{name}": array for name, array in table._asdict().items()}


def table_of(prefix: str, arrays: Mapping[str, Array]) -> CSR:
    """Return the table that `table_arrays` stored."""
    return CSR(*(arrays[f"{prefix}{name}"] for name in CSR._fields))
