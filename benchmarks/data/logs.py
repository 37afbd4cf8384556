"""Logs without what public data sets lack: an event has a user, an item and a moment, and at most a rating."""

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN, Vocabulary


def event_log(
    user: NDArray[np.int32],
    item: NDArray[np.int32],
    timestamp: NDArray[np.int64],
    rating: NDArray[np.float32] | None = None,
    session: NDArray[np.int32] | None = None,
) -> EventLog:
    """Return a log of purchases, or of ratings, which then are the weights, too.

    Parameters
    ----------
    user, item, timestamp
        Numbers and microseconds in the order of time, (events,).
    rating
        The stars, (events,).
    session
        The number of the session; unknown by default, (events,).
    """
    size = len(user)
    kind = EventKind.PURCHASE if rating is None else EventKind.RATE
    return EventLog(
        user=user,
        item=item,
        kind=np.full(size, KIND_CODES[kind], np.int8),
        weight=np.ones(size, np.float32) if rating is None else rating,
        rating=np.full(size, np.nan, np.float32) if rating is None else rating,
        timestamp=timestamp,
        session=np.full(size, UNKNOWN, np.int32) if session is None else session,
        basket=np.full(size, UNKNOWN, np.int32),
        price=np.full(size, np.nan, np.float32),
        quantity=np.ones(size, np.int32),
        counts=np.ones(size, np.bool_),
    )


def numbered(size: int) -> Vocabulary:
    """Return the ids of users or items that are numbers."""
    return Vocabulary(map(str, range(size)))
