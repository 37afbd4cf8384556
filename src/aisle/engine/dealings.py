"""A shopper's dealings with items, as shelves respect them: what was seen, what is owned, and what is cancelled."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.request import Exclude
from aisle.kernels.dealings_numpy import (
    BOUGHT,
    CANCELLED,
    HIDDEN,
    OWNED,
    RATED,
    REFUNDED,
    SEEN,
    UNHIDDEN,
    VIEWED,
    Deeds,
)
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.topn import compiled
from aisle.shop.events import KIND_CODES, KINDS, EventKind, ProfileEvent

Ints = NDArray[np.int32]

_DEEDS_BY_KIND: Final = {
    EventKind.VIEW_ITEM: VIEWED | SEEN,
    EventKind.SELECT_ITEM: VIEWED | SEEN,
    EventKind.ADD_TO_CART: SEEN,
    EventKind.REMOVE_FROM_CART: SEEN,
    EventKind.ADD_TO_WISHLIST: SEEN,
    EventKind.REMOVE_FROM_WISHLIST: SEEN,
    EventKind.PURCHASE: OWNED | BOUGHT,
    EventKind.REFUND: REFUNDED,
    EventKind.RATE: OWNED | RATED,  # who rates an item has it
    EventKind.HIDE: HIDDEN,
    EventKind.UNHIDE: UNHIDDEN,
}
"""What an event of each kind is to its item."""

_DEEDS: Final = np.array([_DEEDS_BY_KIND.get(kind, 0) for kind in KINDS], np.int16)

WORST: Final = 0.1
"""A rating in the lowest tenth of the shop's scale, such as one star of five, cancels an item."""


class RecentEvents(NamedTuple):
    """What a shopper did, newest first, each (events,); the model need not know all items."""

    item: Ints
    kind: NDArray[np.int8]
    rating: NDArray[np.float32]
    timestamp: NDArray[np.int64]


class Dealings(NamedTuple):
    """A shopper's dealings with items, each item once and newest first."""

    viewed: Ints
    """What was looked at, without what is cancelled."""
    seen: Ints
    """What was looked at, put into the cart or on the wishlist, and is not owned."""
    owned: Ints
    """What was bought or rated."""
    bought: Ints
    cancelled: Ints
    """What was refunded, rated badly or hidden, and not bought since."""
    owned_at: NDArray[np.int64]
    """When each of `owned` was bought or rated last."""
    bought_at: NDArray[np.int64]

    @classmethod
    def of(cls, recent: RecentEvents, weights: Weights) -> "Dealings":
        """Sum up the events of a shopper."""
        if len(recent.item) == 0:
            return _NONE
        item, rating = np.ascontiguousarray(recent.item[::-1]), np.ascontiguousarray(recent.rating[::-1])
        deeds, moments = _DEEDS[recent.kind[::-1]], np.ascontiguousarray(recent.timestamp[::-1])
        return _each(Deeds(np.array([0, len(item)]), item, deeds, rating, moments), weights)[0]

    @classmethod
    def of_each(cls, profiles: Profiles, weights: Weights) -> "list[Dealings]":
        """Sum up the events of many shoppers."""
        return _each(
            Deeds(profiles.indptr, profiles.item, _DEEDS[profiles.kind], profiles.rating, profiles.timestamp), weights
        )

    @staticmethod
    def exclude_nothing(profile: Iterable[ProfileEvent], weights: Weights) -> bool:
        """Return whether no event can speak against an item, so that none is disliked or cancelled."""
        return _speaking_for(weights).issuperset({event.kind for event in profile})

    def excluded(self, exclude: Exclude) -> Ints:
        """Return what a request leaves out."""
        match exclude:
            case "none":
                return self.owned[:0]
            case "purchased":
                return self.owned
            case "seen":
                return np.concatenate((self.seen, self.owned))


_NO_ITEMS: Final[Ints] = np.zeros(0, np.int32)
_NO_MOMENTS: Final = np.zeros(0, np.int64)
_NONE: Final = Dealings(*(_NO_ITEMS,) * 5, _NO_MOMENTS, _NO_MOMENTS)
"""The dealings of a shopper who did nothing."""


@lru_cache(maxsize=16)
def _speaking_for(weights: Weights) -> frozenset[str]:
    """Return the kinds of events that cannot speak against an item."""
    return frozenset(kind.value for kind in KINDS if not _DEEDS[KIND_CODES[kind]] & CANCELLED and weights.of(kind) >= 0)


def _each(events: Deeds, weights: Weights) -> list[Dealings]:
    """Return the dealings of each owner of events."""
    if compiled(len(events.indptr) - 1):
        from aisle.kernels.dealings import dealings
    else:
        from aisle.kernels.dealings_numpy import dealings
    found = dealings(events, weights.lowest_rating + WORST * (weights.highest_rating - weights.lowest_rating))
    each = []
    for first, counts in zip(events.indptr.tolist(), found.counts.tolist(), strict=False):
        viewed, seen, owned, bought, cancelled = (
            of_list[first : first + count] for of_list, count in zip(found.items, counts, strict=True)
        )
        owned_at, bought_at = (of[first : first + count] for of, count in zip(found.moments, counts[2:], strict=False))
        each.append(Dealings(viewed, seen, owned, bought, cancelled, owned_at, bought_at))
    return each
