"""A validation carved from training data: what each user did last, to be found from what they did before."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, QueryBatch

if TYPE_CHECKING:
    from aisle.prepare.interactions import EventLog, Interactions

_SHARE: Final = 0.1


@dataclass(frozen=True, eq=False)
class LeaveLastSplit:
    """Training data without the end of each history, and questions about these ends.

    Attributes
    ----------
    train
        Everything but the pairs to be found and their events.
    queries
        What the users asked about have left.
    wanted
        Their items to be found, a list per query.
    """

    train: "Interactions"
    queries: QueryBatch
    wanted: ItemLists


def leave_last(data: "Interactions", most: int, seed: int) -> LeaveLastSplit:
    """Hold out the last tenth of each user's pairs, at least one, of users with two or more.

    Parameters
    ----------
    data
        What there is to learn from; somebody likes something.
    most
        How many users are asked about at most.
    seed
        Of the order of pairs at the same moment, and of the choice of users.
    """
    draw = np.random.default_rng(seed)
    matrix = data.matrix
    counts = np.diff(matrix.indptr)
    user = np.repeat(np.arange(len(counts)), counts)
    pair_of_event = _pairs(data.log, user * np.int64(data.shape[1]) + matrix.indices, data.shape[1])
    last = np.zeros(len(user), np.int64)
    known = pair_of_event >= 0
    # The log is in time order: of several events, the last one stays.
    last[pair_of_event[known]] = data.log.timestamp[known]
    order = np.lexsort((draw.random(len(user)), last, user))
    held_counts = np.where(counts > 1, np.maximum(1, (_SHARE * counts).astype(np.int64)), 0)
    held = np.zeros(len(user), np.bool_)
    places_left = np.repeat(matrix.indptr[1:], counts) - np.arange(len(user))
    held[order] = places_left <= np.repeat(held_counts, counts)

    asked = np.flatnonzero(held_counts)
    asked = np.sort(draw.choice(asked, min(most, len(asked)), replace=False))
    left, found = order[~held[order]], order[held[order]]
    history = ItemLists.of_pairs(user[left], matrix.indices[left].astype(np.int32), len(counts))
    histories = QueryBatch(history, matrix.data[left], last[left], data.now)
    wanted = ItemLists.of_pairs(user[found], matrix.indices[found].astype(np.int32), len(counts))
    return LeaveLastSplit(_without(data, held, pair_of_event), histories.take(asked), wanted.take(asked))


def _pairs(log: "EventLog", keys: NDArray[np.int64], items: int) -> NDArray[np.int64]:
    """Return the place of each event's user and item among the ascending keys, -1 where they are not."""
    wanted = log.user * np.int64(items) + log.item
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((log.user >= 0) & (keys[places] == wanted), places, -1)


def _without(data: "Interactions", held: NDArray[np.bool_], pair_of_event: NDArray[np.int64]) -> "Interactions":
    matrix = data.matrix.copy()
    matrix.data[held] = 0
    matrix.eliminate_zeros()
    kept = (pair_of_event < 0) | ~held[pair_of_event]
    log = replace(data.log, **{field.name: getattr(data.log, field.name)[kept] for field in fields(data.log)})
    return replace(data, matrix=matrix, log=log)
