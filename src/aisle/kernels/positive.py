"""The best scores above 0: what sources propose of what they link to; twins: `topn_numpy` and `positive_numpy`.

The bits of scores above 0 have the order of the scores, so that they are compared, counted and sorted as whole numbers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import scratch
from aisle.kernels.compiling import (
    FilledFloatRows,
    FilledIntRows,
    FilledInts,
    FilledLongs,
    FloatRows,
    Floats,
    IntRows,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.positive_numpy import Listings, Proposals
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


def propose(listings: Listings, quotas: Longs, excluded: Ints, count: int) -> Proposals:
    """Return what several sources propose for a single query, as `positive_numpy.propose` does."""
    sources, room = len(quotas), int(quotas.sum())
    items, best, found = np.empty(room, np.int32), np.empty(sources, np.float32), np.zeros(1, np.int64)
    ranks, scores = np.empty((room, sources), np.float32), np.empty((room, sources), np.float32)
    _propose(
        listings.items,
        listings.scores.view(np.int32),
        listings.item_starts,
        listings.starts,
        quotas,
        excluded,
        scratch.zeros(count, np.int32),
        items,
        ranks,
        scores.view(np.int32),
        best.view(np.int32),
        found,
    )
    proposed = found[0]
    return Proposals(items[:proposed], ranks[:proposed], scores[:proposed], best)


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


@inlined
def _mark(marks: Ints, items: Ints, mark: int) -> None:
    for item in items:
        if 0 <= item < len(marks):
            marks[item] = mark


@inlined
def _in_order(
    bits: Ints, items: Ints, is_dense: bool, n: int, keys: NDArray[np.uint64], spare: NDArray[np.uint64], buckets: Ints
) -> int:
    """Fill in the keys of the best n scores and perhaps of more, best first, and return their number."""
    floor = _floor(bits, n, buckets) if n < len(bits) else np.int32(1)
    count = _collect(bits, floor, keys) if is_dense else _key(bits, items, floor, keys)
    if count < n and floor > 1:
        count = _collect(bits, np.int32(1), keys) if is_dense else _key(bits, items, np.int32(1), keys)
    _put_in_order(keys[:count], spare, buckets)
    return count


@inlined
def _rank(proposed: Ints, until: Longs, marks: Ints, ranks: FloatRows) -> None:
    """Fill in the rank of each member in each source, whose proposals come one after the other, best first."""
    ranks[:] = np.nan
    first = 0
    for source in range(len(until)):
        for place in range(first, until[source]):
            ranks[marks[proposed[place]] - 1, source] = place - first + 1
        first = until[source]


@inlined
def _look_up(
    items: Ints,
    bits: Ints,
    first_item: int,
    start: int,
    stop: int,
    marks: Ints,
    members: Ints,
    scores: IntRows,
    source: int,
) -> None:
    """Fill in the score of each member by a source; the mark of a member is its place, counted from 1."""
    if first_item < 0:
        for at in range(len(members)):
            scores[at, source] = bits[start + members[at]]
        return
    for at in range(len(members)):
        scores[at, source] = 0
    for i in range(stop - start):
        item = items[first_item + i]
        place = marks[np.uint32(item)] if item >= 0 else 0
        if place > 0:
            scores[place - 1, source] = bits[start + i]


@kernel
def _propose(
    items: Ints,
    bits: Ints,
    item_starts: Longs,
    starts: Longs,
    quotas: Longs,
    excluded: Ints,
    marks: FilledInts,
    members: FilledInts,
    ranks: FilledFloatRows,
    scores: FilledIntRows,
    best: FilledInts,
    found: FilledLongs,
) -> None:
    """Unite the best of each source; all scores are given by their bits, and the marks are 0 before and after."""
    sources, room = len(quotas), len(members)
    longest = (starts[1:] - starts[:-1]).max()
    buckets = np.empty(_BUCKETS, np.int32)
    keys, spare = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    proposed, proposed_until = np.empty(room, np.int32), np.empty(sources, np.int64)
    count, taken = 0, 0
    _mark(marks, excluded, -1)
    for source in range(sources):
        own = bits[starts[source] : starts[source + 1]]
        is_dense = item_starts[source] < 0
        first = max(item_starts[source], 0)
        own_items = items[first:first] if is_dense else items[first : first + len(own)]
        ordered = _in_order(own, own_items, is_dense, quotas[source] + len(excluded), keys, spare, buckets)
        best[source] = np.int32(_LOW - (keys[0] >> np.uint64(32))) if ordered else _NAN
        until = taken + quotas[source]
        for place in range(ordered):
            item = np.int32(keys[place] & _LOW)
            if marks[item] >= 0 and taken < until:
                proposed[taken] = item
                taken += 1
                members[count] = item
                count += marks[item] == 0
                marks[item] = 1
        proposed_until[source] = taken
    _mark(marks, excluded, 0)
    of_query = members[:count]
    of_query.sort()
    for at in range(count):
        marks[of_query[at]] = at + 1
    _rank(proposed, proposed_until, marks, ranks[:count])
    for source in range(sources):
        _look_up(items, bits, item_starts[source], starts[source], starts[source + 1], marks, of_query, scores, source)
    _mark(marks, of_query, 0)
    found[0] = count
