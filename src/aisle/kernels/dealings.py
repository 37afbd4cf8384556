"""What owners did with items, each item once, in two passes over their events; the twin is `dealings_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels import scratch
from aisle.kernels.compiling import (
    FilledIntRows,
    FilledInts,
    FilledLongRows,
    Floats,
    IntRows,
    Ints,
    Longs,
    Shorts,
    inlined,
    kernel,
)
from aisle.kernels.dealings_numpy import (
    BOUGHT,
    CANCELLED,
    HIDDEN,
    LISTS,
    OWNED,
    RATED,
    REFUNDED,
    SEEN,
    UNHIDDEN,
    VIEWED,
    Dealings,
    Deeds,
)

_IN_LIST: Final = 256
"""Of an item that is on list l already, the bit `_IN_LIST << l` is set."""
_VIEWED, _SEEN, _OWNED, _BOUGHT, _CANCELLED = range(LISTS)


def dealings(events: Deeds, worst: float) -> Dealings:
    """Return what owners did with items, as `dealings_numpy.dealings` does."""
    size, owners = len(events.item), len(events.indptr) - 1
    items, moments = np.empty((LISTS, size), np.int32), np.empty((2, size), np.int64)
    counts = np.zeros((owners, LISTS), np.int64)
    marks = scratch.zeros(1 + int(events.item.max(initial=-1)), np.int32)
    _deal(*events, worst, marks, items, moments, counts)
    return Dealings(items, moments, counts)


@inlined
def _after(bits: int, deeds: int, rating: np.float32, worst: float) -> int:
    """Return what cancels an item after one more event, given what did before."""
    if deeds & BOUGHT:
        bits &= ~CANCELLED
    bits |= deeds & (REFUNDED | HIDDEN)
    if deeds & RATED:
        bits = bits | RATED if rating <= worst else bits & ~RATED
    if deeds & UNHIDDEN:
        bits &= ~HIDDEN
    return bits


@inlined
def _list(item: int, number: int, lists: IntRows, start: int, count: Longs, marks: Ints) -> bool:
    """Put an item on a list of an owner, and return whether it was not there yet."""
    bit = _IN_LIST << number
    if marks[item] & bit:
        return False
    marks[item] |= bit
    lists[number, start + count[number]] = item
    count[number] += 1
    return True


@kernel
def _deal(
    indptr: Longs,
    items: Ints,
    deeds: Shorts,
    rating: Floats,
    timestamp: Longs,
    worst: float,
    marks: FilledInts,
    lists: FilledIntRows,
    moments: FilledLongRows,
    counts: FilledLongRows,
) -> None:
    """Fill in the lists of each owner; the marks of all items are 0 before and after."""
    for owner in range(len(counts)):
        start, stop, count = indptr[owner], indptr[owner + 1], counts[owner]
        for at in range(start, stop):
            marks[items[at]] = _after(marks[items[at]], deeds[at], rating[at], worst) | (deeds[at] & OWNED)
        for at in range(stop - 1, start - 1, -1):
            item, sort, mark = items[at], deeds[at], marks[items[at]]
            cancelled, owned = mark & CANCELLED != 0, mark & OWNED != 0
            if sort & VIEWED and not cancelled:
                _list(item, _VIEWED, lists, start, count, marks)
            if sort & SEEN and not owned:
                _list(item, _SEEN, lists, start, count, marks)
            if sort & OWNED and _list(item, _OWNED, lists, start, count, marks):
                moments[0, start + count[_OWNED] - 1] = timestamp[at]
            if sort & BOUGHT and _list(item, _BOUGHT, lists, start, count, marks):
                moments[1, start + count[_BOUGHT] - 1] = timestamp[at]
            if cancelled:
                _list(item, _CANCELLED, lists, start, count, marks)
        lists[_CANCELLED, start : start + count[_CANCELLED]].sort()
        for at in range(start, stop):
            marks[items[at]] = 0
