"""A shopper's dealings with items, as shelves respect them: what was seen, what is owned, and what is cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.request import Exclude
from aisle.prepare.weigh import Weights, codes_of
from aisle.shop.events import KIND_CODES, KINDS, EventKind, ProfileEvent
from aisle.shop.ids import among

Ints = NDArray[np.int32]

_OWNING: Final = codes_of((EventKind.PURCHASE, EventKind.RATE))
"""The events that show that a shopper owns an item; a rating does too."""

_VIEWS = (EventKind.VIEW_ITEM, EventKind.SELECT_ITEM)
_VIEWING: Final = codes_of(_VIEWS)
"""The events of looking at an item."""

_SEEING: Final = codes_of((*_VIEWS, EventKind.ADD_TO_CART, EventKind.REMOVE_FROM_CART, EventKind.ADD_TO_WISHLIST))
"""The events that show that a shopper has seen an item."""

_AGAINST: Final = codes_of((EventKind.REFUND, EventKind.RATE, EventKind.HIDE))
"""The events that may cancel an item."""

_TURNING: Final = codes_of((EventKind.PURCHASE, EventKind.REFUND, EventKind.RATE, EventKind.HIDE, EventKind.UNHIDE))
"""The events after which an item is cancelled, or is not any more."""

WORST: Final = 0.1
"""A rating in the lowest tenth of the shop's scale, such as one star of five, cancels an item."""


class RecentEvents(NamedTuple):
    """What a shopper did, newest first, each (events,); the model need not know all items."""

    item: Ints
    kind: NDArray[np.int8]
    rating: NDArray[np.float32]
    timestamp: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dealings:
    """A shopper's dealings with items, each item once.

    Attributes
    ----------
    viewed
        What was looked at, newest first, without what is cancelled.
    seen
        What was looked at, put into the cart or on the wishlist, and is not owned.
    owned, owned_at
        What was bought or rated, and when last.
    bought, bought_at
        What was bought, and when last.
    cancelled
        What was refunded, rated badly or hidden, and not bought since.
    """

    viewed: Ints
    seen: Ints
    owned: Ints
    owned_at: NDArray[np.int64]
    bought: Ints
    bought_at: NDArray[np.int64]
    cancelled: Ints

    @classmethod
    def of(cls, recent: RecentEvents, weights: Weights) -> "Dealings":
        """Sum up the events of a shopper."""
        if len(recent.item) == 0:
            return _NONE
        cancelled = _cancelled(recent, weights)
        viewed = _once(recent.item[_VIEWING[recent.kind]])
        owned, owned_at = _last(recent, _OWNING[recent.kind])
        bought, bought_at = _last(recent, recent.kind == KIND_CODES[EventKind.PURCHASE])
        seen = _once(recent.item[_SEEING[recent.kind]])
        return cls(
            viewed=viewed[~among(viewed, cancelled)],
            seen=seen[~among(seen, owned)],
            owned=owned,
            owned_at=owned_at,
            bought=bought,
            bought_at=bought_at,
            cancelled=cancelled,
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
_NONE: Final = Dealings(_NO_ITEMS, _NO_ITEMS, _NO_ITEMS, _NO_MOMENTS, _NO_ITEMS, _NO_MOMENTS, _NO_ITEMS)
"""The dealings of a shopper who did nothing."""


@lru_cache(maxsize=16)
def _speaking_for(weights: Weights) -> frozenset[str]:
    """Return the kinds of events that cannot speak against an item."""
    return frozenset(kind.value for kind in KINDS if not _AGAINST[KIND_CODES[kind]] and weights.of(kind) >= 0)


def _cancelled(recent: RecentEvents, weights: Weights) -> Ints:
    """Return what was refunded, rated badly or hidden, and not bought since."""
    if not _AGAINST[recent.kind].any():
        return recent.item[:0]
    worst = weights.lowest_rating + WORST * (weights.highest_rating - weights.lowest_rating)
    telling = _TURNING[recent.kind]
    columns = (recent.item, recent.kind, recent.rating)
    refunded, disliked, hidden = set[int](), set[int](), set[int]()
    for item, kind, rating in zip(*(column[telling][::-1].tolist() for column in columns), strict=True):  # oldest first
        match KINDS[kind]:
            case EventKind.PURCHASE:
                for against in (refunded, disliked, hidden):
                    against.discard(item)
            case EventKind.REFUND:
                refunded.add(item)
            case EventKind.RATE if rating <= worst:
                disliked.add(item)
            case EventKind.RATE:
                disliked.discard(item)
            case EventKind.HIDE:
                hidden.add(item)
            case EventKind.UNHIDE:
                hidden.discard(item)
    return np.array(sorted(refunded | disliked | hidden), np.int32)


def _last(recent: RecentEvents, chosen: NDArray[np.bool_]) -> tuple[Ints, NDArray[np.int64]]:
    """Return the items of the chosen events, and the moment of the last one of each."""
    # For the few events of one shopper, plain Python is quicker than NumPy.
    oldest_first = zip(recent.item[chosen][::-1].tolist(), recent.timestamp[chosen][::-1].tolist(), strict=True)
    newest = dict(oldest_first)
    return np.array(list(newest), np.int32), np.array(list(newest.values()), np.int64)


def _once(items: Ints) -> Ints:
    """Return items in their order without repetitions."""
    return np.array(list(dict.fromkeys(items.tolist())), np.int32)
