"""From events to user–item pairs, in plain NumPy: what the kernel of `histories` computes for one shopper.

Weights are added up as whole billionths, so that a sum does not depend on the order of the events.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BILLION: Final = 1e9
"""How many billionths make a weight of 1."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """User–item pairs by user, then from the oldest to the newest; arrays of shape (pairs,)."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    weight: NDArray[np.float32]
    timestamp: NDArray[np.int64]
    """The moment of the pair's last event."""
    rating: NDArray[np.float32]
    """The last stars that the pair has, or NaN."""

    def __len__(self) -> int:
        return len(self.item)

    def offsets(self, users: int) -> NDArray[np.int64]:
        """Return the first pair of each of the users 0 … users - 1, and the number of pairs, (users + 1,)."""
        offsets = np.zeros(users + 1, np.int64)
        np.cumsum(np.bincount(self.user, minlength=users), out=offsets[1:])
        return offsets


def pairs(
    user: NDArray[np.int32],
    item: NDArray[np.int32],
    weight: NDArray[np.floating],
    timestamp: NDArray[np.int64],
    rating: NDArray[np.float32],
) -> Pairs:
    """Return the user–item pairs of events, each user's in the order of the last event, ties by item number.

    Parameters
    ----------
    user, item
        Dense numbers from 0, (events,).
    weight
        What each event adds, (events,).
    timestamp
        Microseconds, (events,).
    rating
        Stars, or NaN, (events,); of several at one moment the last counts.
    """
    order = np.lexsort((timestamp, item, user))
    user, item, timestamp, rating = user[order], item[order], timestamp[order], rating[order]
    last = np.append((user[1:] != user[:-1]) | (item[1:] != item[:-1]), True)[: len(order)]
    ends = np.flatnonzero(last)
    sums = np.cumsum(np.rint(weight[order].astype(np.float64) * BILLION).astype(np.int64))[ends]
    user, item, timestamp, rating = user[ends], item[ends], timestamp[ends], _last_ratings(rating, ends)
    weights = (np.diff(sums, prepend=0) / BILLION).astype(np.float32)
    order = np.lexsort((item, timestamp, user))
    return Pairs(user[order], item[order], weights[order], timestamp[order], rating[order])


def _last_ratings(rating: NDArray[np.float32], ends: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the last stars in each stretch of ratings that ends at `ends`, or NaN."""
    unrated = np.isnan(rating)
    if unrated.all():
        return rating[ends]
    starts = np.append(0, ends[:-1] + 1)
    rated = np.where(unrated, -1, np.arange(len(rating)))
    last = np.maximum.accumulate(rated)[ends]
    return np.where(last >= starts, rating[last], np.float32(np.nan))
