"""What events say of their owners, and of owners and candidates, owners in parallel; the twin is `tallies_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import (
    Bytes,
    DoubleRows,
    Doubles,
    FilledDoubleRows,
    FilledFloatRows,
    FilledInts,
    FloatRows,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.tallies_numpy import (
    CARTED,
    LOOKED,
    RATED,
    RETURNED,
    TAKEN,
    Events,
    Items,
    Lists,
    OwnerTallies,
    PairTallies,
    Tallies,
)
from aisle.kernels.threads import blocks, share_out_rows

OWNERS: Final = 64
"""A thread takes the events of so many owners at a time."""

# The columns of pairs and owners, in the order of `PairTallies` and `OwnerTallies`.
_P_TAKEN, _P_DAYS, _P_LOOKED, _P_CARTED, _P_SINCE_TAKEN, _P_SINCE_LOOKED, _P_SINCE_CARTED, _P_SINCE_FIRST = range(8)
_P_STARS, _P_RETURNED = 8, 9
_O_TAKEN, _O_LOOKED, _O_ITEMS, _O_DAYS, _O_SINCE_TAKEN, _O_SINCE_FIRST, _O_SINCE_ANY, _O_PRICE, _O_POPULARITY = range(9)


def tally(events: Events, candidates: Lists, items: Items) -> Tallies:
    """Return what the events say, as `tallies_numpy.tally` does."""
    pairs, owners, of_group = tallied(events, candidates, items)
    return Tallies(PairTallies(*pairs.T), OwnerTallies(*owners.T), of_group)


def tallied(events: Events, candidates: Lists, items: Items) -> tuple[FloatRows, DoubleRows, FloatRows]:
    """Return the columns of pairs, (candidates, 10), those of owners, (owners, 9), and of groups, (candidates, 3)."""
    pairs = np.empty((len(candidates.items), len(PairTallies._fields)), np.float32)
    owners = np.empty((len(events.indptr) - 1, len(OwnerTallies._fields)))
    of_group = np.empty((len(candidates.items), len(items.groups)), np.float32)
    # Of the groups that events have, and not of all: that would look at the whole catalogue for every shopper.
    groups = 1 + max(int(group[events.item].max(initial=0)) for group in items.groups)

    def add(start: int, stop: int) -> None:
        counts = np.zeros(groups, np.int32)
        _tally(
            start,
            stop,
            *events,
            *candidates,
            *items.groups,
            items.popularity,
            items.price,
            counts,
            pairs,
            owners,
            of_group,
        )

    share_out_rows(add, blocks(len(owners), OWNERS))
    return pairs, owners, of_group


@inlined
def _place(items: Ints, item: int) -> int:
    """Return the place of an item among ascending ones, or -1."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low if low < len(items) and items[low] == item else -1


@inlined
def _of_pairs(
    item: Ints, acts: Bytes, rating: Floats, age: Doubles, day: Longs, candidates: Ints, pairs: Floats
) -> None:
    pairs[:, :] = 0
    pairs[:, _P_SINCE_TAKEN : _P_STARS + 1] = np.nan
    last_day = np.full(len(candidates), np.int64(-(2**62)))
    for event in range(len(item)):
        at = _place(candidates, item[event])
        if at < 0:
            continue
        # Events come oldest first: the newest one writes last.
        pair, act, days = pairs[at], acts[event], np.float32(age[event])
        if act & TAKEN:
            if pair[_P_TAKEN] == 0:
                pair[_P_SINCE_FIRST] = days
            pair[_P_TAKEN] += 1
            pair[_P_SINCE_TAKEN] = days
            pair[_P_DAYS] += day[event] != last_day[at]
            last_day[at] = day[event]
        if act & LOOKED:
            pair[_P_LOOKED] += 1
            pair[_P_SINCE_LOOKED] = days
        if act & CARTED:
            pair[_P_CARTED] += 1
            pair[_P_SINCE_CARTED] = days
        if act & RATED:
            pair[_P_STARS] = rating[event]
        pair[_P_RETURNED] += act & RETURNED != 0


@inlined
def _of_owner(
    item: Ints, acts: Bytes, age: Doubles, day: Longs, popularity: Floats, price: Floats, owner: Doubles
) -> None:
    owner[:] = 0
    owner[_O_SINCE_TAKEN : _O_PRICE + 1] = np.nan
    taken, prices = np.empty(len(item), np.int32), np.empty(len(item), np.float32)
    count, priced, last_day = 0, 0, np.int64(-(2**62))
    for event in range(len(item)):
        days = np.float64(np.float32(age[event]))
        owner[_O_SINCE_ANY] = days
        owner[_O_POPULARITY] += popularity[item[event]]
        owner[_O_LOOKED] += acts[event] & LOOKED != 0
        if acts[event] & TAKEN:
            if count == 0:
                owner[_O_SINCE_FIRST] = days
            owner[_O_SINCE_TAKEN] = days
            owner[_O_DAYS] += day[event] != last_day
            last_day = day[event]
            taken[count], prices[priced] = item[event], price[item[event]]
            priced += prices[priced] > 0
            count += 1
    owner[_O_TAKEN] = count
    taken[:count].sort()
    for at in range(count):
        owner[_O_ITEMS] += at == 0 or taken[at] != taken[at - 1]
    if priced:
        prices[:priced].sort()
        owner[_O_PRICE] = prices[priced // 2]


@inlined
def _of_group(item: Ints, acts: Bytes, candidates: Ints, group: Ints, counts: Ints, of_group: Floats) -> None:
    """Count the acts of each candidate's group; `counts` holds 0 for each group, before and after."""
    for event in range(len(item)):
        if acts[event] != 0 and group[item[event]] >= 0:
            counts[group[item[event]]] += 1
    for at in range(len(candidates)):
        number = group[candidates[at]]
        of_group[at] = counts[number] if 0 <= number < len(counts) else np.float32(0) if number >= 0 else np.nan
    for event in range(len(item)):
        if group[item[event]] >= 0:
            counts[group[item[event]]] = 0


@kernel
def _tally(
    start: int,
    stop: int,
    indptr: Longs,
    item: Ints,
    acts: Bytes,
    rating: Floats,
    age: Doubles,
    day: Longs,
    candidates_indptr: Longs,
    candidates: Ints,
    first_group: Ints,
    second_group: Ints,
    third_group: Ints,
    popularity: Floats,
    price: Floats,
    counts: FilledInts,
    pairs: FilledFloatRows,
    owners: FilledDoubleRows,
    of_group: FilledFloatRows,
) -> None:
    for owner in range(start, stop):
        own = slice(indptr[owner], indptr[owner + 1])
        theirs = slice(candidates_indptr[owner], candidates_indptr[owner + 1])
        _of_pairs(item[own], acts[own], rating[own], age[own], day[own], candidates[theirs], pairs[theirs])
        _of_owner(item[own], acts[own], age[own], day[own], popularity, price, owners[owner])
        _of_group(item[own], acts[own], candidates[theirs], first_group, counts, of_group[theirs, 0])
        _of_group(item[own], acts[own], candidates[theirs], second_group, counts, of_group[theirs, 1])
        _of_group(item[own], acts[own], candidates[theirs], third_group, counts, of_group[theirs, 2])
