"""The best n items of many queries, queries in parallel; `topn_numpy` and `cells_numpy` are the readable twins."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.cells_numpy import FIRST, Bearings, Cells
from aisle.kernels.compiling import (
    FilledFloatRows,
    FilledIntRows,
    FilledInts,
    FloatRows,
    Floats,
    IntRows,
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
_SAMPLED: Final = 4
"""Of so many scores, one is looked at to find out how high the best n are."""
_GLANCE: Final = 32
"""So many scores are looked at in one go to find out whether any is good."""
_FRACTION: Final = 19
"""The bits that the buckets of `_floor` ignore: the scores of a bucket differ by 6 % at most."""
_INFINITY: Final = np.int32(0x7F800000)
"""The bits of infinity: those of NaN are above, and those of scores below 0 are negative numbers."""
_NAN: Final = np.int32(0x7FC00000)
_BUCKETS: Final = (0x7F800000 >> 19) + 1
_LOW: Final = np.uint64(2**32 - 1)
_PILES: Final = 256
_TALL: Final = 32
"""Keys are sorted by insertion within piles; where one is taller than this, that would take long."""
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


def top_positive(scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the best n above 0 of each row of dense scores, as `topn_numpy.top_positive` does."""
    items, best = np.empty((len(scores), n), np.int32), np.empty((len(scores), n), np.float32)
    bits = scores.view(np.int32)

    def rank(start: int, stop: int) -> None:
        _rank_positive(bits[start:stop], items[start:stop], best[start:stop].view(np.int32))

    share_out_rows(rank, blocks(len(scores), QUERIES))
    return items, best


def top_among(among: Ints, scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the best n above 0 of some items of a single query, as `topn_numpy.top_among` does."""
    items, best = np.empty((1, n), np.int32), np.empty((1, n), np.float32)
    _rank_among(among, scores.view(np.int32), items[0], best[0].view(np.int32))
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


@inlined
def _floor(bits: Ints, n: int, buckets: Ints) -> np.int32:
    """Return the bits of a score above 0 that somewhat more than n scores reach, as far as a sample shows.

    The bits of scores above 0 have the order of the scores, so that counting them by their leading bits will do.
    """
    buckets[:] = 0
    highest = 0
    for i in range(0, len(bits), _SAMPLED):
        bucket = bits[i] >> _FRACTION if 0 < bits[i] <= _INFINITY else 0
        buckets[bucket] += 1
        highest = max(highest, bucket)
    reached, wanted = 0, (n + n // 4) // _SAMPLED + 4
    for bucket in range(highest, 0, -1):
        reached += buckets[bucket]
        if reached >= wanted:
            return np.int32(bucket << _FRACTION)
    return np.int32(1)


@inlined
def _collect(bits: Ints, floor: np.int32, keys: NDArray[np.uint64]) -> int:
    """Fill in a key of each score of at least the floor, smaller for a better place, and return their number."""
    count = 0
    for start in range(0, len(bits), _GLANCE):
        any_good = True
        if start + _GLANCE <= len(bits):
            any_good = False
            for i in range(_GLANCE):
                any_good |= bits[start + i] >= floor
        if any_good:
            for i in range(start, min(start + _GLANCE, len(bits))):
                keys[count] = ((_LOW - np.uint64(bits[i])) << np.uint64(32)) | np.uint64(i)
                count += floor <= bits[i] <= _INFINITY
    return count


@inlined
def _key(bits: Ints, items: Ints, floor: np.int32, keys: NDArray[np.uint64]) -> int:
    """Fill in what `_collect` does, given the item of each score."""
    count = 0
    for i in range(len(bits)):
        keys[count] = ((_LOW - np.uint64(bits[i])) << np.uint64(32)) | np.uint64(items[i])
        count += floor <= bits[i] <= _INFINITY
    return count


@inlined
def _put_in_order(keys: NDArray[np.uint64], spare: NDArray[np.uint64], piles: Ints) -> None:
    """Sort keys that are spread about evenly, as those of the best scores are: into piles, and then by insertion."""
    if len(keys) < 2:
        return
    lowest, highest = keys.min(), keys.max()
    shift = np.uint64(0)
    while (highest - lowest) >> shift >= _PILES:
        shift += np.uint64(1)
    piles[: _PILES + 1] = 0
    for key in keys:
        piles[((key - lowest) >> shift) + np.uint64(1)] += 1
    if piles[: _PILES + 1].max() > _TALL:
        keys.sort()
        return
    for pile in range(1, _PILES):
        piles[pile + 1] += piles[pile]
    for key in keys:
        pile = (key - lowest) >> shift
        spare[piles[pile]] = key
        piles[pile] += 1
    for place in range(len(keys)):
        key, hole = spare[place], place
        while hole > 0 and keys[hole - 1] > key:
            keys[hole] = keys[hole - 1]
            hole -= 1
        keys[hole] = key


@kernel
def _rank_positive(scores: IntRows, best_items: FilledIntRows, best_scores: FilledIntRows) -> None:
    """Rank the scores above 0; all scores are given by their bits."""
    n = best_items.shape[1]
    buckets = np.empty(_BUCKETS, np.int32)
    keys, spare = np.empty(scores.shape[1] + 1, np.uint64), np.empty(scores.shape[1] + 1, np.uint64)
    for query in range(len(scores)):
        bits = scores[query]
        count = _collect(bits, _floor(bits, n, buckets), keys)
        if count < n:
            count = _collect(bits, np.int32(1), keys)
        _put_in_order(keys[:count], spare, buckets)
        for place in range(min(n, count)):
            item = np.int32(keys[place] & _LOW)
            best_items[query, place] = item
            best_scores[query, place] = bits[item]
        best_items[query, count:] = -1
        best_scores[query, count:] = _NAN


@kernel
def _rank_among(among: Ints, bits: Ints, best_items: FilledInts, best_scores: FilledInts) -> None:
    """Rank those of some items that have a score above 0; all scores are given by their bits."""
    n = len(best_items)
    buckets = np.empty(_BUCKETS, np.int32)
    keys, spare = np.empty(len(among) + 1, np.uint64), np.empty(len(among) + 1, np.uint64)
    floor = _floor(bits, n, buckets) if n < len(among) else np.int32(1)
    count = _key(bits, among, floor, keys)
    if count < n and floor > 1:
        count = _key(bits, among, np.int32(1), keys)
    _put_in_order(keys[:count], spare, buckets)
    for place in range(min(n, count)):
        best_items[place] = np.int32(keys[place] & _LOW)
        best_scores[place] = np.int32(_LOW - (keys[place] >> np.uint64(32)))
    best_items[count:] = -1
    best_scores[count:] = _NAN


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
