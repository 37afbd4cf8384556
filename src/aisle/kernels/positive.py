"""The best scores above 0: what a source proposes of what it links to; the twins are in `topn_numpy`.

The bits of scores above 0 have the order of the scores, so that they are compared, counted and sorted as whole numbers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.compiling import (
    FilledIntRows,
    FilledInts,
    Floats,
    IntRows,
    Ints,
    inlined,
    kernel,
)
from aisle.kernels.threads import blocks, share_out_rows

_QUERIES: Final = 64
"""A thread ranks the scores of this many queries at a time."""
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


def top_positive(scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the best n above 0 of each row of dense scores, as `topn_numpy.top_positive` does."""
    items, best = np.empty((len(scores), n), np.int32), np.empty((len(scores), n), np.float32)
    bits = scores.view(np.int32)

    def rank(start: int, stop: int) -> None:
        _rank_positive(bits[start:stop], items[start:stop], best[start:stop].view(np.int32))

    share_out_rows(rank, blocks(len(scores), _QUERIES))
    return items, best


def top_among(among: Ints, scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the best n above 0 of some items of a single query, as `topn_numpy.top_among` does."""
    items, best = np.empty((1, n), np.int32), np.empty((1, n), np.float32)
    _rank_among(among, scores.view(np.int32), items[0], best[0].view(np.int32))
    return items, best


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
