"""Queries for the shoppers of a data set."""

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.histories_numpy import pairs as pairs_of
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import stars_given
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.ids import UNKNOWN


def query_batch(data: Interactions, users: NDArray[np.int32]) -> QueryBatch:
    """Return one query per user, with all events of the user as history, as of the end of the data.

    Parameters
    ----------
    data
        Events up to the moment of the queries.
    users
        Numbers in `data.users`, each at most once, (queries,); `UNKNOWN`, which may be repeated, has an empty history.
    """
    log = data.log
    query = query_of(log.user, users, len(data.users))
    own, stars = query != UNKNOWN, stars_given(log.kind, log.rating)
    pairs = pairs_of(query[own], log.item[own], log.weight[own], log.timestamp[own], stars[own])
    history = ItemLists(pairs.offsets(len(users)), pairs.item)
    profiles = data.histories.until(users, np.full(len(users), data.now))
    return QueryBatch(history, pairs.weight, pairs.timestamp, data.now, pairs.rating, profiles)


def query_of(user: NDArray[np.int32], users: NDArray[np.int32], known: int) -> NDArray[np.int32]:
    """Return the query of each event, or `UNKNOWN`.

    Parameters
    ----------
    user
        The user of each event, or `UNKNOWN`, (events,).
    users
        The user of each query, or `UNKNOWN`, (queries,).
    known
        The number of users.
    """
    # The place past the last user is that of UNKNOWN, which is -1, and stays UNKNOWN.
    query = np.full(known + 1, UNKNOWN, np.int32)
    query[users] = np.arange(len(users))
    query[UNKNOWN] = UNKNOWN
    return query[user]
