"""The pairs that models learn from, kept as a table for the shop's analysts: made anew by every training."""

from itertools import repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.app.progress import Progress, silent
from aisle.prepare.interactions import Interactions
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.ids import UNKNOWN
from aisle.storage import interactions
from aisle.storage.connection import Database

SHOPPERS: Final = 1_000
"""How many shoppers share a transaction: few enough that events do not wait long for their turn."""


class Pairs(NamedTuple):
    """What the entries of a matrix of liking come from, in their order; arrays of shape (pairs,)."""

    last: NDArray[np.int64]
    """The moment of the last event, in microseconds."""
    events: NDArray[np.int64]
    """How many events there are."""


def refresh(db: Database, data: Interactions, left_out: dict[str, str], progress: Progress = silent) -> int:
    """Put the pairs of training data into the table, shopper by shopper, and return how many there are.

    A model is of use without the table: what goes wrong is noted in `left_out`, and does not fail its training.
    """
    created, users, items, matrix, rows = moments.now(), data.users.ids, data.items.ids, data.matrix, 0
    last, events = behind(data)
    try:
        for first in range(0, len(users), SHOPPERS):
            some = users[first : first + SHOPPERS]
            ends = matrix.indptr[first : first + len(some) + 1]
            part = slice(ends[0], ends[-1])
            owners = (user for user, count in zip(some, np.diff(ends).tolist(), strict=True) for _ in range(count))
            named = (items[item] for item in matrix.indices[part].tolist())
            numbers = (array[part].tolist() for array in (matrix.data, last, events))
            rows += interactions.replace(db, some, list(zip(owners, named, *numbers, repeat(created), strict=False)))
            progress("keep interactions", first + len(some), len(users), rows)
        interactions.forget_older(db, created)
    except StorageError as error:
        left_out["interactions"] = f"the table is not up to date: {error}"
    return rows


def behind(data: Interactions) -> Pairs:
    """Return the last moment and the number of the events behind each entry of the matrix."""
    matrix, log = data.matrix, data.log
    users, items = data.shape
    entries = np.repeat(np.arange(users) * np.int64(items), np.diff(matrix.indptr)) + matrix.indices
    known = log.user != UNKNOWN
    wanted = log.user[known] * np.int64(items) + log.item[known]
    places = np.searchsorted(entries, wanted)
    # What was taken back has events and no entry.
    there = np.append(entries, -1)[places] == wanted
    places, moment = places[there], log.timestamp[known][there]
    last = np.zeros(len(entries), np.int64)
    np.maximum.at(last, places, moment)
    return Pairs(last, np.bincount(places, minlength=len(entries)))
