"""Logs in which the order matters, as training data and as queries."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from aisle.prepare.interactions import Interactions
from aisle.recommenders.query import ItemLists, QueryBatch
from benchmarks.data.logs import event_log, numbered


def interactions(
    owner: NDArray[np.int32], item: NDArray[np.int32], timestamp: NDArray[np.int64], shape: tuple[int, int]
) -> Interactions:
    """Return training data of purchases in the order of time; an owner is a user with one session.

    Parameters
    ----------
    owner, item, timestamp
        Who bought what when, (events,) each.
    shape
        How many owners and items there are.
    """
    order = np.argsort(timestamp, kind="stable")
    owner, item = owner[order], item[order]
    log = event_log(owner, item, timestamp[order], session=owner)
    matrix = coo_array((log.weight, (owner, item)), shape=shape).tocsr()
    matrix.data[:] = 1
    matrix.sort_indices()
    return Interactions(numbered(shape[0]), numbered(shape[1]), matrix, log, now=int(timestamp.max()) + 1)


def queries(histories: ItemLists, now: int) -> QueryBatch:
    """Return a query for each history, oldest item first, with equal weights and a microsecond from step to step."""
    places = np.arange(len(histories.items))
    after = np.repeat(histories.indptr[1:], np.diff(histories.indptr)) - places
    return QueryBatch(histories, np.ones(len(places), np.float32), now - after, now)
