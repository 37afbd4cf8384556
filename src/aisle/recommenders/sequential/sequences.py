"""The log as sequences of items: one per session or one per shopper."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog
from aisle.shop.ids import UNKNOWN

By = Literal["user", "session"]


class Sequences(NamedTuple):
    """Sequence s is `items[indptr[s]:indptr[s + 1]]`, oldest first; sequences are in the order in which they ended."""

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    """(places,)."""
    ended: NDArray[np.int64]
    """The moment of the last event of each sequence, in microseconds, (sequences,)."""


def to_sequences(log: EventLog, by: By, repeats: bool = False) -> Sequences:
    """Return the items of each session or shopper in the order of their events.

    Events that speak against an item are ignored. Without `repeats`, so are events on the same item as the event
    before: a view, a cart and a purchase are then one step. By user, an event without a user belongs to its session,
    and by session the other way round; an event with neither belongs to no sequence.
    """
    owner, other = (log.user, log.session) if by == "user" else (log.session, log.user)
    group = np.where(owner != UNKNOWN, owner.astype(np.int64), owner.max(initial=UNKNOWN) + 1 + other.astype(np.int64))
    counted = np.flatnonzero((log.weight > 0) & ((owner != UNKNOWN) | (other != UNKNOWN)))
    counted = counted[np.argsort(group[counted], kind="stable")]
    _, first, sizes = np.unique(group[counted], return_index=True, return_counts=True)
    ended = log.timestamp[counted[first + sizes - 1]]
    by_end = np.argsort(ended, kind="stable")
    rank = np.empty(len(by_end), np.int64)
    rank[by_end] = np.arange(len(by_end))
    sequence = np.repeat(rank, sizes)
    order = np.argsort(sequence, kind="stable")
    items, sequence = log.item[counted[order]], sequence[order]
    new = np.append(True, repeats | (np.diff(items) != 0) | (np.diff(sequence) != 0))[: len(items)]
    indptr = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(np.bincount(sequence[new], minlength=len(sizes)), out=indptr[1:])
    return Sequences(indptr, items[new], ended[by_end])
