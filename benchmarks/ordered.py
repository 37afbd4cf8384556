"""Logs in which order matters, as training data and as queries."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN, Vocabulary


def interactions(
    owner: NDArray[np.int32], item: NDArray[np.int32], timestamp: NDArray[np.int64], shape: tuple[int, int]
) -> Interactions:
    """Return training data of purchases in the order of time, each by an owner who is a user with one session.

    Parameters
    ----------
    owner, item, timestamp
        Who did what when, (events,) each.
    shape
        How many owners and items there are.
    """
    order = np.argsort(timestamp, kind="stable")
    owner, item, events = owner[order], item[order], len(order)
    log = EventLog(
        user=owner,
        item=item,
        kind=np.full(events, KIND_CODES[EventKind.PURCHASE], np.int8),
        weight=np.ones(events, np.float32),
        rating=np.full(events, np.nan, np.float32),
        timestamp=timestamp[order],
        session=owner,
        basket=np.full(events, UNKNOWN, np.int32),
        price=np.full(events, np.nan, np.float32),
        quantity=np.ones(events, np.int32),
    )
    matrix = coo_array((log.weight, (owner, item)), shape=shape).tocsr()
    matrix.data[:] = 1
    matrix.sort_indices()
    owners, items = (Vocabulary(map(str, range(size))) for size in shape)
    return Interactions(owners, items, matrix, log, now=int(timestamp.max()) + 1)


def queries(histories: ItemLists, now: int) -> QueryBatch:
    """Return one query per history, oldest first, with equal weights, the last step a microsecond before now."""
    places = np.arange(len(histories.items))
    after = np.repeat(histories.indptr[1:], np.diff(histories.indptr)) - places
    return QueryBatch(histories, np.ones(len(places), np.float32), now - after, now)
