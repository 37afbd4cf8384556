"""From a shopper's recent events to a query, with the same weights as in training."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights, tells_liking
from aisle.recommenders.query import QueryBatch, queries_of
from aisle.shop.events import KIND_CODES, ProfileEvent
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.money import MICROS


def to_query(profile: Sequence[ProfileEvent], items: Vocabulary, weights: Weights, now: int) -> QueryBatch:
    """Return the query of one shopper, without events of items that the model does not know.

    Parameters
    ----------
    profile
        The shopper's events, in any order.
    items
        The model's items.
    weights
        The weights that the model was trained with.
    now
        The moment of the request, in microseconds.
    """
    return queries_of(to_profiles(profile, items, now), weights)


def to_profiles(profile: Sequence[ProfileEvent], items: Vocabulary, now: int) -> Profiles:
    """Return the events of one shopper as arrays: those of items that the model knows and of kinds that count."""
    return EventArrays.of(profile, items.numbers).profiles(len(items), now)


class EventArrays(NamedTuple):
    """The events of a shopper as arrays, each (events,)."""

    item: NDArray[np.int32]
    kind: NDArray[np.int8]
    """Codes of `shop.events.KIND_CODES`."""
    rating: NDArray[np.float32]
    """Stars, or NaN."""
    price: NDArray[np.float32]
    """Per piece, in units of the currency, or NaN."""
    timestamp: NDArray[np.int64]

    @classmethod
    def of(cls, events: Sequence[ProfileEvent], numbers: Callable[[Sequence[str]], NDArray[np.int32]]) -> Self:
        """Read events in any order; `numbers` returns the numbers of item ids."""
        item_ids, kinds, timestamps, ratings, prices = zip(*events, strict=True) if events else ((),) * 5
        return cls(
            numbers(item_ids),
            np.array([KIND_CODES[kind] for kind in kinds], np.int8),
            np.array(ratings, np.float32),
            (np.array(prices, np.float64) / MICROS).astype(np.float32),
            np.array(timestamps, np.int64),
        )

    def profiles(self, items: int, now: int) -> Profiles:
        """Return a profile at a moment of the events of kinds that count, and of items with numbers below `items`."""
        if len(self.item) == 0:
            return Profiles(np.zeros(2, np.int64), *self, now=np.array([now]))
        number = self.item
        usable = np.flatnonzero((number != UNKNOWN) & (number < items) & tells_liking(self.kind, self.rating))
        kept = usable[np.argsort(self.timestamp[usable], kind="stable")]
        return Profiles(
            indptr=np.array([0, len(kept)]),
            item=number[kept],
            kind=self.kind[kept],
            rating=self.rating[kept],
            price=self.price[kept],
            timestamp=self.timestamp[kept],
            now=np.array([now]),
        ).as_rated_last()


def as_of(profile: Sequence[ProfileEvent], data_end: int) -> int:
    """Return the moment against which the ages of a profile's events are measured: the newest that is known.

    It is not the current time: in a shop whose log ended months ago, a shopper's last event still counts as recent.

    Parameters
    ----------
    profile
        The shopper's events, in any order.
    data_end
        The moment at which the training data ended, in microseconds.
    """
    newest: int = max((data_end, *map(attrgetter("timestamp"), profile)))
    return newest
