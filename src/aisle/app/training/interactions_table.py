"""The table of the user–item pairs that models learn from, for the shop's analysts; every training refreshes it."""

from itertools import repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.app.progress import Progress, silent
from aisle.prepare.interactions import Interactions
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.shop.ids import UNKNOWN
from aisle.storage.connection import Database
from aisle.storage.log import interactions

SHOPPERS: Final = 1_000
"""How many shoppers are written in one transaction: few, so that events do not wait long."""


class Pairs(NamedTuple):
    """The events behind each entry of the interaction matrix, in the order of the entries; arrays (pairs,)."""

    last: NDArray[np.int64]
    """The moment of the last event, in microseconds."""
    events: NDArray[np.int64]
    """The number of events."""


def refresh(db: Database, data: Interactions, progress: Progress = silent) -> dict[str, str]:
    """Write the pairs of training data into the table, some shoppers at a time.

    A model works without the table, so that a training does not fail if the database refuses.

    Returns
    -------
    The reason why the table is not up to date, under its name; empty if it is.
    """
    try:
        _write(db, data, progress)
    except StorageError as error:
        return {"interactions": f"the table is not up to date: {error}"}
    return {}


def _write(db: Database, data: Interactions, progress: Progress) -> None:
    created, users, items, matrix, rows = moments.now(), data.users.ids, data.items.ids, data.matrix, 0
    last, events = events_of_pairs(data)
    for first in range(0, len(users), SHOPPERS):
        shoppers = users[first : first + SHOPPERS]
        ends = matrix.indptr[first : first + len(shoppers) + 1]
        pairs = slice(ends[0], ends[-1])
        owners = (user for user, count in zip(shoppers, np.diff(ends).tolist(), strict=True) for _ in range(count))
        item_ids = (items[item] for item in matrix.indices[pairs].tolist())
        numbers = (array[pairs].tolist() for array in (matrix.data, last, events))
        rows += interactions.replace(db, shoppers, list(zip(owners, item_ids, *numbers, repeat(created), strict=False)))
        progress("write interactions", first + len(shoppers), len(users), rows)
    interactions.forget_older(db, created)


def events_of_pairs(data: Interactions) -> Pairs:
    """Return the moment of the last event and the number of events of each entry of the matrix."""
    matrix, log = data.matrix, data.log
    users, items = data.shape
    entries = np.repeat(np.arange(users) * np.int64(items), np.diff(matrix.indptr)) + matrix.indices
    known = log.user != UNKNOWN
    of_events = log.user[known] * np.int64(items) + log.item[known]
    places = np.searchsorted(entries, of_events)
    # A pair whose events cancel out has no entry.
    has_entry = np.append(entries, -1)[places] == of_events
    places, moment = places[has_entry], log.timestamp[known][has_entry]
    last = np.zeros(len(entries), np.int64)
    np.maximum.at(last, places, moment)
    return Pairs(last, np.bincount(places, minlength=len(entries)))
