"""What events say of their owners, and of owners and candidates, in plain NumPy: what the kernel of `tallies` computes.

An event is of one owner and one item, and may be an act of several sorts, each a bit of `acts`. An owner *takes* an
item and *looks* at it; to *cart* it is to look at it, too.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

TAKEN: Final = 1
LOOKED: Final = 2
CARTED: Final = 4
RETURNED: Final = 8
RATED: Final = 16
"""The bits of `acts`."""


class Events(NamedTuple):
    """The events of owners; those of owner o are at indptr[o] … indptr[o + 1] - 1, oldest first."""

    indptr: Longs
    item: Ints
    acts: NDArray[np.int8]
    rating: Floats
    age: Doubles
    """In days."""
    day: Longs


class Lists(NamedTuple):
    """The candidates of owners, each owner's in ascending order: `items[indptr[o]:indptr[o + 1]]`."""

    indptr: Longs
    items: Ints


class Items(NamedTuple):
    """What is known of items, each (items,)."""

    groups: tuple[Ints, Ints, Ints]
    """Three ways to group items, by numbers from 0; -1 is in no group."""
    popularity: Floats
    price: Floats


class PairTallies(NamedTuple):
    """How often an owner did what to a candidate, and how many days ago, each (candidates,); NaN for never."""

    taken: Floats
    days: Floats
    """On how many days they took it."""
    looked: Floats
    carted: Floats
    since_taken: Floats
    since_looked: Floats
    since_carted: Floats
    since_first: Floats
    """Days since they first took it."""
    stars: Floats
    """Their last rating of it."""
    returned: Floats


class OwnerTallies(NamedTuple):
    """What all events of an owner say, each (owners,); NaN where none says it."""

    taken: Doubles
    looked: Doubles
    items: Doubles
    """How many different items they took."""
    days: Doubles
    since_taken: Doubles
    since_first: Doubles
    since_any: Doubles
    price: Doubles
    """The median price of what they take; of two in the middle, the higher one."""
    popularity: Doubles
    """The sum over their events."""


class Tallies(NamedTuple):
    """What events say."""

    pairs: PairTallies
    owners: OwnerTallies
    of_group: Floats
    """How many of the owner's events that are acts are of each group of a candidate, NaN for no group,
    (candidates, 3)."""


def tally(events: Events, candidates: Lists, items: Items) -> Tallies:
    """Return what the events say of their owners and of the candidates."""
    acts = _Acts.of(events)
    pairs, owners = _of_pairs(events, acts, candidates, len(items.price)), _of_owners(events, acts, items)
    of_group = np.stack([_of_group(events, acts.owner, candidates, group) for group in items.groups], axis=1)
    return Tallies(pairs, owners, of_group)


class _Acts(NamedTuple):
    """The owner of each event, and which events are of which sort, (events,)."""

    owner: Longs
    taken: NDArray[np.bool_]
    looked: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    returned: NDArray[np.bool_]
    rated: NDArray[np.bool_]

    @classmethod
    def of(cls, events: Events) -> "_Acts":
        sorts = (events.acts & bit != 0 for bit in (TAKEN, LOOKED, CARTED, RETURNED, RATED))
        return cls(_owners(events.indptr), *sorts)


def _owners(indptr: Longs) -> Longs:
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def _of_pairs(events: Events, acts: _Acts, candidates: Lists, items: int) -> PairTallies:
    pairs, place = np.unique(acts.owner * items + events.item, return_inverse=True)
    wanted = _owners(candidates.indptr) * items + candidates.items

    def count(chosen: NDArray[np.bool_]) -> Floats:
        counts = np.bincount(place[chosen], minlength=len(pairs))
        return _looked_up(pairs, counts.astype(np.float32), wanted, 0)

    def least(values: Doubles, chosen: NDArray[np.bool_]) -> Floats:
        return _looked_up(pairs, _least(values[chosen], place[chosen], len(pairs)), wanted, np.nan)

    stars = np.full(len(pairs), np.nan, np.float32)
    stars[place[acts.rated]] = events.rating[acts.rated]
    days = _distinct(place[acts.taken], events.day[acts.taken], len(pairs))
    return PairTallies(
        taken=count(acts.taken),
        days=_looked_up(pairs, days.astype(np.float32), wanted, 0),
        looked=count(acts.looked),
        carted=count(acts.carted),
        since_taken=least(events.age, acts.taken),
        since_looked=least(events.age, acts.looked),
        since_carted=least(events.age, acts.carted),
        since_first=-least(-events.age, acts.taken),
        stars=_looked_up(pairs, stars, wanted, np.nan),
        returned=count(acts.returned),
    )


def _of_owners(events: Events, acts: _Acts, items: Items) -> OwnerTallies:
    owners, taken = len(events.indptr) - 1, acts.owner[acts.taken]
    age = events.age[acts.taken]
    return OwnerTallies(
        taken=np.bincount(taken, minlength=owners).astype(np.float64),
        looked=np.bincount(acts.owner[acts.looked], minlength=owners).astype(np.float64),
        items=_distinct(taken, events.item[acts.taken], owners),
        days=_distinct(taken, events.day[acts.taken], owners),
        since_taken=_least(age, taken, owners).astype(np.float64),
        since_first=-_least(-age, taken, owners).astype(np.float64),
        since_any=_least(events.age, acts.owner, owners).astype(np.float64),
        price=_median(items.price[events.item[acts.taken]], taken, owners),
        popularity=np.bincount(acts.owner, items.popularity[events.item], minlength=owners).astype(np.float64),
    )


def _of_group(events: Events, owner: Longs, candidates: Lists, group: Ints) -> Floats:
    of_event, wanted = group[events.item], group[candidates.items]
    groups = np.int64(group.max(initial=0) + 1)
    known = (of_event >= 0) & (events.acts != 0)
    pairs, counts = np.unique(owner[known] * groups + of_event[known], return_counts=True)
    found = _looked_up(pairs, counts.astype(np.float32), _owners(candidates.indptr) * groups + wanted, 0)
    return np.where(wanted >= 0, found, np.float32(np.nan))


def _looked_up(keys: Longs, values: Floats, wanted: Longs, otherwise: float) -> Floats:
    """Return the value of each wanted key, given ascending keys and their values."""
    if len(keys) == 0:
        return np.full(len(wanted), otherwise, np.float32)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], np.float32(otherwise))


def _least(values: Doubles, group: NDArray[np.integer[Any]], groups: int) -> Floats:
    """Return the least value of each group, NaN for a group without any, (groups,)."""
    least = np.full(groups, np.inf, np.float32)
    np.minimum.at(least, group, values.astype(np.float32))
    least[np.isinf(least)] = np.nan
    return least


def _distinct(group: NDArray[np.integer[Any]], value: NDArray[np.integer[Any]], groups: int) -> Doubles:
    """Return how many different values each group has, (groups,)."""
    pairs = np.unique(np.stack([group, value]), axis=1) if len(group) else np.zeros((2, 0), np.int64)
    return np.bincount(pairs[0], minlength=groups).astype(np.float64)


def _median(price: Floats, owner: Longs, owners: int) -> Doubles:
    """Return the median of the prices above 0 of each owner, NaN without any, (owners,)."""
    price, owner = price[price > 0], owner[price > 0]
    order = np.lexsort((price, owner))
    counts = np.bincount(owner, minlength=owners)
    middle = np.cumsum(counts) - counts + counts // 2
    median = np.full(owners, np.nan)
    median[counts > 0] = price[order][middle[counts > 0]]
    return median
