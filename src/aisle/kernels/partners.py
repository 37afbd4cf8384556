"""The partners of each item, items in parallel, pruned while counting; formulas and twin: `partners_numpy`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.compiling import (
    Doubles,
    FilledFloatRows,
    FilledIntRows,
    FilledLongs,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.csr import CSR
from aisle.kernels.partners_numpy import LIFT, SUM, Partners, Places, Value
from aisle.kernels.threads import even_blocks, share_out

_BLOCKS: Final = 64

_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(2**32 - 1)


def partners(places: Places, value: Value, k: int) -> Partners:
    """Return the k most valuable partners of each item; no array is larger than items × k or the places.

    Parameters
    ----------
    places
        The items in their places.
    value
        The value of a pair.
    k
        The maximum number of partners of an item, at least 1.
    """
    items = len(value.counts)
    order = np.lexsort((places.owner, places.items))
    begins = np.zeros(items + 1, np.int64)
    np.cumsum(np.bincount(places.items, minlength=items), out=begins[1:])
    most = min(k, items)

    def count(start: int, stop: int) -> tuple[Longs, Ints, Floats, Ints, Ints]:
        sizes = np.zeros(stop - start, np.int64)
        indices, times, owners = (np.empty((stop - start, most), np.int32) for _ in range(3))
        values = np.empty((stop - start, most), np.float32)
        _count(
            start,
            stop,
            begins,
            order,
            *places,
            value.formula,
            value.fading,
            value.counts,
            value.baskets,
            value.min_support,
            value.repeats,
            value.min_owners,
            sizes,
            indices,
            values,
            times,
            owners,
        )
        there = np.arange(most) < sizes[:, None]
        return sizes, indices[there], values[there], times[there], owners[there]

    work = begins + np.arange(items + 1)
    counted = share_out(count, even_blocks(work, max(1, work[-1] / _BLOCKS)))
    sizes, indices, values, times, owners = (np.concatenate(column) for column in zip(*counted, strict=True))
    return Partners(CSR(np.append(0, np.cumsum(sizes)), indices, values), times, owners)


@inlined
def _surprise(met: float, row: float, column: float, total: float) -> float:
    return met * np.log(met * total / (row * column)) if met > 0 else 0.0


@inlined
def _value(formula: int, summed: float, met: float, n_a: float, n_b: float, total: float) -> float:
    if formula == SUM:
        return summed
    if formula == LIFT:
        return met * total / (n_a * n_b)
    if met * total <= n_a * n_b:
        return 0.0
    return 2 * (
        _surprise(met, n_a, n_b, total)
        + _surprise(n_a - met, n_a, total - n_b, total)
        + _surprise(n_b - met, total - n_a, n_b, total)
        + _surprise(total - n_a - n_b + met, total - n_a, total - n_b, total)
    )


@inlined
def _meet(
    item: int,
    own: Longs,
    items: Ints,
    first: Longs,
    last: Longs,
    owner: Ints,
    formula: int,
    fading: Doubles,
    summed: Doubles,
    met: Ints,
    owned: Ints,
    newest: Ints,
    touched: Ints,
    repeats: bool,
) -> int:
    """Count the neighbours of the item's places; return how many items they are, which come first in `touched`."""
    size = 0
    for place in own:
        for near in range(first[place], last[place]):
            other = items[near]
            if near == place or (other == item and not repeats):
                continue
            if met[other] == 0:
                touched[size] = other
                size += 1
            if formula == SUM:
                summed[other] += fading[min(abs(near - place), len(fading)) - 1]
            met[other] += 1
            owned[other] += newest[other] != owner[place]
            newest[other] = owner[place]
    return size


@inlined
def _key(bits: np.uint32, item: np.int32) -> np.uint64:
    """Return a number that is larger for a larger value, and of equal values for the lower item.

    The bits of positive floats have the order of the floats.
    """
    return (np.uint64(bits) << _HALF) | (_LOW - np.uint64(item))


@inlined
def _largest(keys: NDArray[np.uint64], most: int) -> NDArray[np.uint64]:
    """Return the largest keys, the largest first, and no more than `most`."""
    if len(keys) > most:
        keys = np.partition(keys, len(keys) - most)[len(keys) - most :]
    return np.sort(keys)[::-1]


@kernel
def _count(
    start: int,
    stop: int,
    begins: Longs,
    order: Longs,
    items: Ints,
    first: Longs,
    last: Longs,
    owner: Ints,
    formula: int,
    fading: Doubles,
    counts: Longs,
    baskets: int,
    min_support: int,
    repeats: bool,
    min_owners: int,
    sizes: FilledLongs,
    indices: FilledIntRows,
    values: FilledFloatRows,
    times: FilledIntRows,
    owners: FilledIntRows,
) -> None:
    items_count, most = len(counts), indices.shape[1]
    summed = np.zeros(items_count)
    met, owned = np.zeros(items_count, np.int32), np.zeros(items_count, np.int32)
    newest = np.full(items_count, -1, np.int32)
    touched = np.empty(items_count, np.int32)
    worth = np.empty(items_count, np.float32)
    bits, keys = worth.view(np.uint32), np.empty(items_count, np.uint64)
    for item in range(start, stop):
        own = order[begins[item] : begins[item + 1]]
        size = _meet(
            item, own, items, first, last, owner, formula, fading, summed, met, owned, newest, touched, repeats
        )
        good = 0
        for i in range(size):
            other = touched[i]
            if met[other] >= min_support and owned[other] >= min_owners:
                worth[good] = _value(formula, summed[other], met[other], counts[item], counts[other], baskets)
                keys[good] = _key(bits[good], other)
                good += worth[good] > 0
        row = item - start
        best = _largest(keys[:good], most)
        sizes[row] = len(best)
        for place in range(len(best)):
            other = np.int32(_LOW - (best[place] & _LOW))
            bits[0] = np.uint32(best[place] >> _HALF)
            indices[row, place], values[row, place] = other, worth[0]
            times[row, place], owners[row, place] = met[other], owned[other]
        for i in range(size):
            other = touched[i]
            summed[other] = 0
            met[other] = 0
            owned[other] = 0
            newest[other] = -1
