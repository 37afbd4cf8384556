"""A shopper's recent events become a query, by the same weights as in training."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights, tells_liking
from aisle.recommenders.query import ItemLists, QueryBatch, queries_of
from aisle.shop.events import KIND_CODES
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.money import MICROS


class ProfileEvent(Protocol):
    """What a profile needs to know of an event."""

    @property
    def item_id(self) -> str | None:
        """The item, if the event names one."""

    @property
    def kind(self) -> str:
        """The kind."""

    @property
    def rating(self) -> float | None:
        """Stars, if any."""

    @property
    def price(self) -> int | None:
        """Millionths of the currency unit, if any."""

    @property
    def timestamp(self) -> int:
        """Microseconds."""


def to_query(profile: Sequence[ProfileEvent], items: Vocabulary, weights: Weights, now: int) -> QueryBatch:
    """Return the query of one shopper; events of items that the model does not know are left out.

    Parameters
    ----------
    profile
        The shopper's events, in any order.
    items
        The model's items.
    weights
        What the model was trained with.
    now
        The moment of the request, in microseconds.
    """
    return queries_of(to_profiles(profile, items, now), weights)


def to_profiles(profile: Sequence[ProfileEvent], items: Vocabulary, now: int) -> Profiles:
    """Return the events of one shopper that say something of an item that the model knows, as arrays."""
    number = np.array([items.number(one.item_id) if one.item_id else UNKNOWN for one in profile], np.int32)
    kind = np.array([KIND_CODES[one.kind] for one in profile], np.int8)
    rating = np.array([np.nan if one.rating is None else one.rating for one in profile], np.float32)
    price = np.array([np.nan if one.price is None else one.price / MICROS for one in profile], np.float32)
    timestamp = np.array([one.timestamp for one in profile], np.int64)
    telling = np.flatnonzero((number != UNKNOWN) & tells_liking(kind, rating))
    kept = telling[np.argsort(timestamp[telling], kind="stable")]
    return Profiles(
        indptr=np.array([0, len(kept)]),
        item=number[kept],
        kind=kind[kept],
        rating=rating[kept],
        price=price[kept],
        timestamp=timestamp[kept],
        now=np.array([now]),
    ).as_rated_last()


def as_of(profile: Sequence[ProfileEvent], data_end: int) -> int:
    """Return the moment from which the ages of a profile's events count: the newest of what is known, in microseconds.

    Not the clock: in a shop whose log ended months ago, a shopper's last deed is still news to the model.
    """
    return max([data_end, *(one.timestamp for one in profile)])


def as_list(item_ids: Iterable[str], items: Vocabulary) -> ItemLists:
    """Return one list of the items that the model knows, without doubles, for `exclude`."""
    numbers = sorted({items.number(one) for one in item_ids} - {UNKNOWN})
    return ItemLists(np.array([0, len(numbers)], np.int64), np.array(numbers, np.int32))
