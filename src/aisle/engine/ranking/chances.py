"""What the chance of an item depends on: its score and place on a shelf, and how active its shopper is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.profiles import Profiles
from aisle.shop.moments import DAY

Floats = NDArray[np.float64]

PLACES: Final = 20
"""Chances are known of so many first places of a shelf."""


def facts(scores: Floats, places: NDArray[np.int64], owner: NDArray[np.int64], profiles: Profiles) -> Floats:
    """Return the facts that `Calibration` turns into chances, (items, facts).

    Parameters
    ----------
    scores
        The score of each item, (items,).
    places
        Its place among the candidates, from 1, (items,).
    owner
        The profile that it is recommended to, (items,).
    profiles
        The events of the shoppers, none of them without any.
    """
    counts = np.diff(profiles.indptr)
    newest = profiles.timestamp[profiles.indptr[1:] - 1]
    oldest = profiles.timestamp[profiles.indptr[:-1]]
    since = np.log1p(np.maximum(profiles.now - newest, 0) / DAY)
    rate = np.log1p(counts) - np.log1p((profiles.now - oldest) / DAY)
    days = np.log1p(_days(profiles))
    log_places = np.log(places)
    of_shopper = (np.log1p(counts), since, since**2, rate, days)
    return np.column_stack(
        (scores, log_places, log_places**2, *(of[owner] for of in of_shopper), scores * since[owner])
    ).astype(np.float64)


def _days(profiles: Profiles) -> NDArray[np.int64]:
    """Return on how many days each profile has events, (profiles,)."""
    day = profiles.timestamp // DAY
    owner = profiles.owner
    new = np.append(True, (np.diff(day) != 0) | (np.diff(owner) != 0))[: len(day)]
    return np.bincount(owner[new], minlength=len(profiles))
