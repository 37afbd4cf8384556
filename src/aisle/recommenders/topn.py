"""The only place where scores become ranked items."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle import kernels
from aisle.kernels import topn_numpy
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.shop.errors import InputError

FEW: Final = 16
"""Up to this many queries are answered by NumPy in a process that has not loaded the kernels, as importing numba alone
takes longer."""

BLOCK_BYTES: Final = 64 * 2**20
"""The maximum memory of dense scores at a time."""

Floats = NDArray[np.float32]


def compiled(queries: int) -> bool:
    """Whether so many queries are answered by compiled kernels; otherwise by their twins in NumPy."""
    return queries > FEW or kernels.are_loaded()


def topn(scores: Floats, n: int, exclude: ItemLists | None = None) -> Ranked:
    """Return the n best items of each row of scores; equal scores rank by item number.

    Parameters
    ----------
    scores
        One row per query, (queries, items); NaN never ranks.
    n
        At least 1; may be larger than the number of items.
    exclude
        Items that must not be returned, a list per query; numbers that no item has are ignored.

    Raises
    ------
    InputError
        If n is below 1.
    """
    indptr, excluded = _checked(len(scores), n, exclude)
    if not compiled(len(scores)):
        return Ranked(*topn_numpy.top_rows(scores, n, indptr, excluded))
    from aisle.kernels.topn import top_rows

    return Ranked(*top_rows(np.ascontiguousarray(scores, np.float32), n, indptr, excluded))


def topn_positive(scores: Floats, n: int) -> Ranked:
    """Return the n best items above 0 of each row of scores (queries, items), as `topn` does."""
    if not compiled(len(scores)):
        return Ranked(*topn_numpy.top_positive(scores, n))
    from aisle.kernels.positive import top_positive

    return Ranked(*top_positive(scores, n))


def topn_of_all(scores: Floats, order: NDArray[np.int32], queries: int, n: int, exclude: ItemLists | None) -> Ranked:
    """Return the n best items of each of many queries for which all items have the same scores.

    Parameters
    ----------
    scores
        One per item, (items,).
    order
        The items in the order of their scores, as `in_order` returns them.
    n, exclude
        As for `topn`.

    Raises
    ------
    InputError
        If n is below 1.
    """
    indptr, excluded = _checked(queries, n, exclude)
    ranked = Ranked.nothing(queries, n)
    for row in range(queries):
        unwanted = excluded[indptr[row] : indptr[row + 1]]
        best = order[: n + len(unwanted)]
        best = best[~np.isin(best, unwanted)][:n] if len(unwanted) else best
        ranked.items[row, : len(best)], ranked.scores[row, : len(best)] = best, scores[best]
    return ranked


def in_order(scores: Floats) -> NDArray[np.int32]:
    """Return the items by their scores, best first; equal scores rank by item number, and NaN never ranks."""
    order = np.argsort(-scores, kind="stable").astype(np.int32)
    return order[: np.count_nonzero(~np.isnan(scores))]


def topn_vectors(queries: Floats, vectors: Floats, n: int, exclude: ItemLists | None = None) -> Ranked:
    """Return the n items with the largest inner products, without holding the scores of all items in memory.

    Parameters
    ----------
    queries, vectors
        Query vectors (queries, factors) and item vectors (items, factors), float32, C-contiguous.
    n, exclude
        As for `topn`.

    Raises
    ------
    InputError
        If n is below 1.
    """
    indptr, excluded = _checked(len(queries), n, exclude)
    if not compiled(len(queries)):
        return Ranked(*topn_numpy.top_rows(queries @ vectors.T, n, indptr, excluded))
    from aisle.kernels.topn import top_vectors

    return Ranked(*top_vectors(queries, vectors, n, indptr, excluded))


def rank_in_blocks(
    score: Callable[[QueryBatch], Floats],
    queries: QueryBatch,
    n: int,
    exclude: ItemLists | None,
    items_count: int,
) -> Ranked:
    """Return the n best items of each query, scoring as many queries at a time as fit into `BLOCK_BYTES`.

    Parameters
    ----------
    score
        Returns the scores (queries, items_count) of a batch.
    """
    rows = max(1, BLOCK_BYTES // (4 * max(1, items_count)))
    items = np.empty((len(queries), n), np.int32)
    scores = np.empty((len(queries), n), np.float32)
    for start in range(0, len(queries), rows):
        stop = min(start + rows, len(queries))
        block = topn(score(queries.slice(start, stop)), n, exclude.slice(start, stop) if exclude else None)
        items[start:stop], scores[start:stop] = block.items, block.scores
    return Ranked(items, scores)


def _checked(queries: int, n: int, exclude: ItemLists | None) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the excluded lists as the kernels take them: empty lists if there are none."""
    if n < 1:
        raise InputError(f"n = {n} items were asked for; ask for 1 or more")
    if exclude is None:
        return np.zeros(queries + 1, np.int64), np.zeros(0, np.int32)
    if len(exclude) != queries:
        raise InputError(f"{len(exclude)} lists of excluded items for {queries} queries; pass one list per query")
    return np.ascontiguousarray(exclude.indptr, np.int64), np.ascontiguousarray(exclude.items, np.int32)
