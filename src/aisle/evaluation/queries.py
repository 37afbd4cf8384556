"""The questions that a recommender is asked about known shoppers."""

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.aggregate import aggregate_arrays
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import stars_given
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.ids import UNKNOWN


def query_batch(data: Interactions, users: NDArray[np.int32]) -> QueryBatch:
    """Return one query per user, with all that the user did in the data as history, asked when the data ends.

    Parameters
    ----------
    data
        Events up to the moment of the question.
    users
        Numbers in `data.users`, each at most once, (queries,); `UNKNOWN`, as often as needed, has an empty history.
    """
    log = data.log
    query = query_of(log.user, users, len(data.users))
    asked = query != UNKNOWN
    pairs = aggregate_arrays(
        query[asked], log.item[asked], log.weight[asked], log.timestamp[asked], stars_given(log.kind, log.rating)[asked]
    )
    history = ItemLists(pairs.offsets(len(users)), pairs.item)
    profiles = data.histories.until(users, np.full(len(users), data.now))
    return QueryBatch(history, pairs.weight, pairs.timestamp, data.now, pairs.rating, profiles)


def query_of(user: NDArray[np.int32], users: NDArray[np.int32], known: int) -> NDArray[np.int32]:
    """Return which query each event belongs to, or `UNKNOWN`.

    Parameters
    ----------
    user
        The user of each event, or `UNKNOWN`, (events,).
    users
        The user of each query, or `UNKNOWN`, (queries,).
    known
        How many users there are.
    """
    # The place past the last user is that of UNKNOWN, which is -1, and stays UNKNOWN.
    query = np.full(known + 1, UNKNOWN, np.int32)
    query[users] = np.arange(len(users))
    query[UNKNOWN] = UNKNOWN
    return query[user]
