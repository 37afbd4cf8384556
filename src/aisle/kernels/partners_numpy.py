"""Which items occur together, and how often, in plain NumPy: what the kernel of `partners` computes.

Items stand one after the other in places. Each place is counted with a range of other places, its neighbours: all of
its basket, or the next few of its sequence. With n_ab the number of neighbours b of a, n_a and n_b the numbers of
baskets with each item, and N the number of baskets, the value of a pair is

    SUM     Σ fading(distance), where a distance of d places gives the d-th number of a table, or its last
    LIFT    n_ab N / (n_a n_b)
    LLR     2 Σ k log(k N / (row · column)) over the contingency table of a and b (Dunning, "Accurate Methods for the
            Statistics of Surprise and Coincidence", 1993), 0 where they occur together less often than by chance
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]

SUM: Final = 0
LIFT: Final = 1
LLR: Final = 2


class Places(NamedTuple):
    """Items one after the other; arrays of shape (places,)."""

    items: Ints
    """The item of each place."""
    first: Longs
    """The first neighbour of each place."""
    last: Longs
    """The place after the last neighbour; a place is never its own neighbour."""
    owner: Ints
    """The owner of each place; a pair counts each owner once."""


class Value(NamedTuple):
    """The value of a pair, and the evidence that it needs."""

    formula: int
    """`SUM`, `LIFT` or `LLR`."""
    fading: Doubles
    """What distance 1, 2, … adds to a sum; the last number holds for all larger distances."""
    counts: Longs
    """The number of baskets with each item, (items,)."""
    baskets: int
    """The number of baskets."""
    min_support: int
    """A pair that occurs less often has no value; at least 1."""
    repeats: bool
    """Whether an item is counted with other places of the same item."""
    min_owners: int = 1
    """A pair with fewer owners has no value."""


class Partners(NamedTuple):
    """The most valuable partners of each item, best first; equal ones in the order of their numbers."""

    links: CSR
    times: Ints
    """How often each pair occurs, (entries,)."""
    owners: Ints
    """The number of its owners, (entries,)."""


def partners_of(item: int, places: Places, value: Value, k: int) -> tuple[Ints, NDArray[np.float32], Ints, Ints]:
    """Return the k best partners of one item, with their values, times and owners."""
    items = len(value.counts)
    own = np.flatnonzero(places.items == item)
    lengths = places.last[own] - places.first[own]
    source = np.repeat(own, lengths)
    met = np.arange(len(source)) + np.repeat(places.first[own] - np.cumsum(lengths) + lengths, lengths)
    counted = met != source if value.repeats else places.items[met] != item
    source, met = source[counted], met[counted]
    distance = np.minimum(np.abs(met - source), len(value.fading))
    sums: Doubles = np.bincount(places.items[met], value.fading[distance - 1], minlength=items).astype(np.float64)
    times = np.bincount(places.items[met], minlength=items)
    pairs = np.unique(np.stack([places.items[met], places.owner[source]]), axis=1)
    owners = np.bincount(pairs[0], minlength=items)
    supported = (times >= value.min_support) & (owners >= value.min_owners)
    values = np.where(supported, pair_values(sums, times, value.counts[item], value.counts, value), 0).astype(
        np.float32
    )
    best = np.argsort(-values, kind="stable")[:k].astype(np.int32)
    best = best[values[best] > 0]
    return best, values[best], times[best].astype(np.int32), owners[best].astype(np.int32)


def pair_values(sums: Doubles, times: Longs, n_a: Longs, n_b: Longs, value: Value) -> Doubles:
    """Return the values of pairs, (pairs,), with any support.

    Parameters
    ----------
    sums
        The sums of their fading distances, (pairs,).
    times
        How often they occur, (pairs,).
    n_a, n_b
        The number of baskets with the one and the other item, (pairs,).
    value
        The formula, and the number of baskets.
    """
    total = value.baskets
    if value.formula == SUM:
        return sums
    if value.formula == LIFT:
        lift: Doubles = times * total / np.maximum(n_a * n_b, 1)
        return lift
    cells = ((times, n_a, n_b), (n_a - times, n_a, total - n_b), (n_b - times, total - n_a, n_b))
    rest = (total - n_a - n_b + times, total - n_a, total - n_b)
    surprise = np.zeros(len(sums))
    with np.errstate(divide="ignore", invalid="ignore"):
        for met, row, column in (*cells, rest):
            surprise += np.where(met > 0, met * np.log(met * total / (row * column)), 0)
    return np.where(times * total > n_a * n_b, 2 * surprise, 0)
