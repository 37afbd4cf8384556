"""The best n items of many queries, queries in parallel; `topn_numpy` and `cells_numpy` are the readable twins."""

from typing import Final

import numpy as np

from aisle.kernels.cells_numpy import FIRST, Bearings, Cells
from aisle.kernels.compiling import (
    FilledFloatRows,
    FilledIntRows,
    FloatRows,
    Floats,
    Ints,
    LongRows,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.threads import blocks, share_out, share_out_rows

QUERIES: Final = 64
ITEMS: Final = 4096
"""A thread scores this many queries and items at a time: a megabyte of scores, which stays in the cache."""

_NOBODY: Final = np.int32(2**31 - 1)
_ROUNDING: Final = np.finfo(np.float32).eps
"""Rounding changes a product by less than this times the factors and the lengths of both vectors."""
_NO_BEARINGS: Final = Bearings(*(np.zeros(0, np.float32),) * 3, np.zeros(0, np.int32), np.zeros(0, np.float32))


def top_vectors(
    queries: Floats, vectors: Floats, n: int, excluded_indptr: Longs, excluded: Ints
) -> tuple[Ints, Floats]:
    """Return the n items with the largest inner products for each query; only a block of scores is held in memory.

    Parameters
    ----------
    queries, vectors
        Query vectors (queries, factors) and item vectors (items, factors).
    n, excluded_indptr, excluded
        As for `topn_numpy.top_rows`, as is the result.
    """
    items, best = _empty(len(queries), n)

    def rank(start: int, stop: int) -> None:
        for first in range(0, len(vectors), ITEMS):
            scores = queries[start:stop] @ vectors[first : first + ITEMS].T
            _offer_rows(scores, first, excluded_indptr[start : stop + 1], excluded, items[start:stop], best[start:stop])
        _sort_rows(items[start:stop], best[start:stop])

    share_out(rank, blocks(len(queries), QUERIES))
    return items, best


def top_rows(scores: Floats, n: int, excluded_indptr: Longs, excluded: Ints) -> tuple[Ints, Floats]:
    """Return the best n of each row of dense scores, as `topn_numpy.top_rows` does."""
    items, best = _empty(len(scores), n)

    def rank(start: int, stop: int) -> None:
        _offer_rows(
            scores[start:stop].copy(),
            0,
            excluded_indptr[start : stop + 1],
            excluded,
            items[start:stop],
            best[start:stop],
        )
        _sort_rows(items[start:stop], best[start:stop])

    share_out(rank, blocks(len(scores), QUERIES))
    return items, best


def top_in_cells(
    queries: Floats, vectors: Floats, cells: Cells, scanned: int, n: int, bearings: Bearings | None = None
) -> tuple[Ints, Floats]:
    """Return of each query the n best items of those that are scored, as `cells_numpy.top_in_cells` does.

    Parameters
    ----------
    bearings
        Those of the vectors, by `cells_numpy.bearings`: what they tell to be far from the best is not multiplied out.
        None: everything is.
    """
    items, best = _empty(len(queries), n)
    means = queries @ cells.means.T
    order = np.argsort(-means, axis=1, kind="stable")
    known = bearings or _NO_BEARINGS

    def scan(start: int, stop: int) -> None:
        _scan(
            queries[start:stop],
            vectors,
            means[start:stop],
            order[start:stop],
            cells.indptr,
            cells.items,
            cells.longest,
            *known,
            scanned,
            items[start:stop],
            best[start:stop],
        )

    share_out_rows(scan, blocks(len(queries), QUERIES))
    return items, best


def _empty(queries: int, n: int) -> tuple[Ints, Floats]:
    """Return heaps in which every place holds `_NOBODY`, which is worse than all items."""
    return np.full((queries, n), _NOBODY), np.full((queries, n), -np.inf, np.float32)


@inlined
def _worse(score: np.float32, item: np.int32, than_score: np.float32, than_item: np.int32) -> np.bool_:
    """Whether a candidate ranks behind another: by score, and of equal ones the higher number."""
    return score < than_score or (score == than_score and item > than_item)


@inlined
def _sink(items: Ints, scores: Floats, item: np.int32, score: np.float32, size: int) -> None:
    """Replace the root of a heap, which is its worst candidate, by another one, and restore the order."""
    hole = 0
    while 2 * hole + 1 < size:
        child = 2 * hole + 1
        if child + 1 < size and _worse(scores[child + 1], items[child + 1], scores[child], items[child]):
            child += 1
        if not _worse(scores[child], items[child], score, item):
            break
        items[hole], scores[hole] = items[child], scores[child]
        hole = child
    items[hole], scores[hole] = item, score


@inlined
def _offer(scores: Floats, first: int, best_items: Ints, best_scores: Floats) -> None:
    """Put items first, first + 1, … with these scores into the heap if they are better than its worst."""
    size = len(best_items)
    for start in range(0, len(scores), 16):
        stop = min(start + 16, len(scores))
        any_good = False
        for i in range(start, stop):
            any_good |= scores[i] >= best_scores[0]
        if any_good:
            for i in range(start, stop):
                if _worse(best_scores[0], best_items[0], scores[i], np.int32(first + i)):
                    _sink(best_items, best_scores, np.int32(first + i), scores[i], size)


@inlined
def _sort(items: Ints, scores: Floats) -> None:
    """Turn the heap into a list, best first, and mark the empty places."""
    for last in range(len(items) - 1, 0, -1):
        item, score = items[last], scores[last]
        items[last], scores[last] = items[0], scores[0]
        _sink(items, scores, item, score, last)
    for i in range(len(items)):
        if items[i] == _NOBODY:
            items[i] = -1
            scores[i] = np.nan


@kernel
def _offer_rows(
    scores: FilledFloatRows,
    first: int,
    excluded_indptr: Longs,
    excluded: Ints,
    best_items: FilledIntRows,
    best_scores: FilledFloatRows,
) -> None:
    """Offer each heap the scores of items first, first + 1, …; those of excluded items are overwritten."""
    for query in range(len(scores)):
        row = scores[query]
        for item in excluded[excluded_indptr[query] : excluded_indptr[query + 1]]:
            if first <= item < first + len(row):
                row[item - first] = np.nan
        _offer(row, first, best_items[query], best_scores[query])


@kernel
def _sort_rows(items: FilledIntRows, scores: FilledFloatRows) -> None:
    for query in range(len(items)):
        _sort(items[query], scores[query])


@inlined
def _product(query: Floats, vector: Floats) -> np.float32:
    total = np.float32(0)
    for factor in range(len(query)):
        total += query[factor] * vector[factor]
    return total


@inlined
def _offer_item(query: Floats, vector: Floats, item: np.int32, best_items: Ints, best: Floats) -> None:
    """Put an item into the heap if it is better than its worst."""
    score = _product(query, vector)
    if _worse(best[0], best_items[0], score, item):
        _sink(best_items, best, item, score, len(best))


@inlined
def _fill_bearings(query: Floats, means: Floats, lengths: Floats, toward: Floats, aside: Floats) -> np.float32:
    """Fill in how far the query goes along the mean of each cell, and across; return what rounding may hide."""
    square, share = _product(query, query), np.float32(_ROUNDING * (16 + len(query)))
    for cell in range(len(lengths)):
        toward[cell] = means[cell] / lengths[cell] if lengths[cell] > 0 else np.float32(0)
        # Of nearly equal squares, little more than their rounding is left.
        aside[cell] = np.sqrt(max(square - toward[cell] * toward[cell], np.float32(0)) + 4 * share * square)
    return np.float32(share * np.sqrt(square))


@inlined
def _bound(
    along: Floats,
    across: Floats,
    near: Ints,
    toward: Floats,
    aside: Floats,
    hidden: np.float32,
    most: Floats,
    slack: Floats,
) -> None:
    """Fill in the most that the product of each member of a cell can be, and what rounding may hide of it."""
    for at in range(len(most)):
        slack[at] = hidden * (abs(along[at]) + across[at])
        most[at] = toward[near[at]] * along[at] + aside[near[at]] * across[at] + slack[at]


@kernel
def _scan(
    queries: FloatRows,
    vectors: FloatRows,
    means: FloatRows,
    order: LongRows,
    indptr: Longs,
    items: Ints,
    longest: Ints,
    along: Floats,
    across: Floats,
    rests: Floats,
    cell_of_longest: Ints,
    lengths: Floats,
    scanned: int,
    best_items: FilledIntRows,
    best: FilledFloatRows,
) -> None:
    toward, aside = np.empty(len(lengths), np.float32), np.empty(len(lengths), np.float32)
    for row in range(len(queries)):
        query, heap_items, heap = queries[row], best_items[row], best[row]
        hidden = _fill_bearings(query, means[row], lengths, toward, aside)
        first, others = query[: len(query) // FIRST * 16], query[len(query) // FIRST * 16 :]
        length, count = np.sqrt(_product(others, others)), 0
        # The best cells first, so that all other items are measured against good ones; the longest are a last cell.
        for number in range(order.shape[1] + 1):
            last = number == order.shape[1] or count >= scanned
            cell = np.int64(0) if last else order[row, number]
            start, stop = (len(items), len(items) + len(longest)) if last else (indptr[cell], indptr[cell + 1])
            members = longest if last else items[start:stop]
            if len(along) == 0:
                for item in members:
                    _offer_item(query, vectors[item], item, heap_items, heap)
            else:
                most, slack = np.empty(len(members), np.float32), np.empty(len(members), np.float32)
                near = cell_of_longest if last else np.full(len(members), np.int32(cell))
                _bound(along[start:stop], across[start:stop], near, toward, aside, hidden, most, slack)
                for at in range(len(members)):
                    # Where something is no number, nothing is told.
                    if most[at] < heap[0]:
                        continue
                    item = members[at]
                    if not _product(first, vectors[item]) + length * rests[start + at] + slack[at] < heap[0]:
                        _offer_item(query, vectors[item], item, heap_items, heap)
            if last:
                break
            count += stop - start
        _sort(heap_items, heap)
