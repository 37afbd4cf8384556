"""A validation split of training data: the last items of each user are held out, and queried by the earlier ones."""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.query import ItemLists, QueryBatch

_SHARE: Final = 0.1


@dataclass(frozen=True, eq=False)
class LeaveLastSplit:
    """Training data without the held-out pairs, and queries whose answers are these pairs.

    Attributes
    ----------
    train
        Everything but the held-out pairs and their events.
    queries
        The remaining histories of some users.
    wanted
        The held-out items of each query.
    """

    train: Interactions
    queries: QueryBatch
    wanted: ItemLists


def leave_last(data: Interactions, most_queries: int, seed: int) -> LeaveLastSplit:
    """Hold out the last tenth of each user's pairs, at least one, for users with two or more.

    Parameters
    ----------
    data
        With at least one pair.
    most_queries
        The number of queries, at most; the users are drawn at random.
    seed
        Of the order of pairs at the same moment, and of the choice of users.
    """
    draw = np.random.default_rng(seed)
    matrix = data.matrix
    counts = np.diff(matrix.indptr)
    user = np.repeat(np.arange(len(counts)), counts)
    pair_of_event = _pairs(data.log, user * np.int64(data.shape[1]) + matrix.indices, data.shape[1])
    last = _last_moments(data.log, pair_of_event, len(user))
    order = np.lexsort((draw.random(len(user)), last, user))
    held_out_counts = np.where(counts > 1, np.maximum(1, (_SHARE * counts).astype(np.int64)), 0)
    held_out = np.zeros(len(user), np.bool_)
    places_left = np.repeat(matrix.indptr[1:], counts) - np.arange(len(user))
    held_out[order] = places_left <= np.repeat(held_out_counts, counts)

    queried = np.flatnonzero(held_out_counts)
    queried = np.sort(draw.choice(queried, min(most_queries, len(queried)), replace=False))
    kept, taken_out = order[~held_out[order]], order[held_out[order]]
    history = ItemLists.of_pairs(user[kept], matrix.indices[kept].astype(np.int32), len(counts))
    histories = QueryBatch(history, matrix.data[kept], last[kept], data.now)
    wanted = ItemLists.of_pairs(user[taken_out], matrix.indices[taken_out].astype(np.int32), len(counts))
    return LeaveLastSplit(_without(data, held_out, pair_of_event), histories.take(queried), wanted.take(queried))


def _pairs(log: EventLog, keys: NDArray[np.int64], items: int) -> NDArray[np.int64]:
    """Return the place of each event's user and item among the ascending keys, -1 where they are not."""
    wanted = log.user * np.int64(items) + log.item
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((log.user >= 0) & (keys[places] == wanted), places, -1)


def _last_moments(log: EventLog, pair_of_event: NDArray[np.int64], pairs: int) -> NDArray[np.int64]:
    """Return the moment of the last event of each pair, (pairs,)."""
    last = np.zeros(pairs, np.int64)
    known = pair_of_event >= 0
    # The log is in time order, and of several values for one place the last one stays.
    last[pair_of_event[known]] = log.timestamp[known]
    return last


def _without(data: Interactions, held_out: NDArray[np.bool_], pair_of_event: NDArray[np.int64]) -> Interactions:
    """Return the data without the held-out pairs and their events."""
    matrix = data.matrix.copy()
    matrix.data[held_out] = 0
    matrix.eliminate_zeros()
    kept = (pair_of_event < 0) | ~held_out[pair_of_event]
    log = replace(data.log, **{field.name: getattr(data.log, field.name)[kept] for field in fields(data.log)})
    return replace(data, matrix=matrix, log=log)
