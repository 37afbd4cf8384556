"""From a shopper's recent events to a query, with the same weights as in training."""

from collections.abc import Sequence

import numpy as np

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
    number = np.array([items.number(event.item_id) if event.item_id else UNKNOWN for event in profile], np.int32)
    kind = np.array([KIND_CODES[event.kind] for event in profile], np.int8)
    rating = np.array([np.nan if event.rating is None else event.rating for event in profile], np.float32)
    price = np.array([np.nan if event.price is None else event.price / MICROS for event in profile], np.float32)
    timestamp = np.array([event.timestamp for event in profile], np.int64)
    usable = np.flatnonzero((number != UNKNOWN) & tells_liking(kind, rating))
    kept = usable[np.argsort(timestamp[usable], kind="stable")]
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
    """Return the moment against which the ages of a profile's events are measured: the newest that is known.

    It is not the current time: in a shop whose log ended months ago, a shopper's last event still counts as recent.

    Parameters
    ----------
    profile
        The shopper's events, in any order.
    data_end
        The moment at which the training data ended, in microseconds.
    """
    return max([data_end, *(event.timestamp for event in profile)])
