"""The pairs of one shopper and their items, in one pass over the events; the twin is `histories_numpy`."""

import numpy as np

from aisle.kernels import scratch
from aisle.kernels.compiling import (
    Doubles,
    FilledFloats,
    FilledInts,
    FilledLongs,
    Floats,
    Ints,
    Longs,
    exact_kernel,
    exactly_inlined,
)
from aisle.kernels.histories_numpy import BILLION, Pairs


def pairs_of_one(item: Ints, weight: Doubles, timestamp: Longs, rating: Floats) -> Pairs:
    """Return the pairs of one shopper's events, which come oldest first, as `histories_numpy.pairs` does."""
    size = len(item)
    items, weights, ratings = np.empty(size, np.int32), np.empty(size, np.float32), np.empty(size, np.float32)
    moments, found = np.empty(size, np.int64), np.zeros(1, np.int64)
    places = scratch.zeros(1 + int(item.max(initial=-1)), np.int32)
    _pair(item, weight, timestamp, rating, places, items, weights, moments, ratings, found)
    first = size - found[0]
    return Pairs(np.zeros(found[0], np.int32), items[first:], weights[first:], moments[first:], ratings[first:])


@exactly_inlined
def _put_in_order(items: Ints, sums: Longs, ratings: Floats, first: int, last: int) -> None:
    """Sort the pairs of one moment by item number."""
    for at in range(first + 1, last + 1):
        item, total, stars, hole = items[at], sums[at], ratings[at], at
        while hole > first and items[hole - 1] > item:
            items[hole], sums[hole], ratings[hole] = items[hole - 1], sums[hole - 1], ratings[hole - 1]
            hole -= 1
        items[hole], sums[hole], ratings[hole] = item, total, stars


@exact_kernel
def _pair(
    item: Ints,
    weight: Doubles,
    timestamp: Longs,
    stars: Floats,
    places: FilledInts,
    items: FilledInts,
    weights: FilledFloats,
    moments: FilledLongs,
    ratings: FilledFloats,
    found: FilledLongs,
) -> None:
    """Fill in the pairs from the end of the arrays on; `places` holds zeros, before and after."""
    size = len(item)
    sums = np.empty(size, np.int64)
    first = size
    for at in range(size - 1, -1, -1):
        place = places[item[at]]
        if place == 0:
            first -= 1
            place = first + 1
            places[item[at]] = place
            items[first], sums[first], moments[first], ratings[first] = item[at], 0, timestamp[at], np.nan
        sums[place - 1] += np.int64(np.rint(weight[at] * BILLION))
        if np.isnan(ratings[place - 1]):
            ratings[place - 1] = stars[at]
    for at in range(first, size):
        places[items[at]] = 0
    start = first
    for at in range(first + 1, size + 1):
        if at == size or moments[at] != moments[start]:
            _put_in_order(items, sums, ratings, start, at - 1)
            start = at
    for at in range(first, size):
        weights[at] = np.float32(sums[at] / BILLION)
    found[0] = size - first
