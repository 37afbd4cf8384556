"""Sessions: those that the shop names, otherwise a shopper's events without a pause of more than half an hour."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import SECOND

IDLE: Final = 30 * 60 * SECOND
"""A longer pause ends a session, in microseconds."""


def number_sessions(
    user: NDArray[np.int32], timestamp: NDArray[np.int64], named: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the session of each event, (events,): named sessions keep their numbers, others get the numbers after.

    Parameters
    ----------
    user
        Dense numbers, or `UNKNOWN`, (events,); an event with neither user nor named session has no session.
    timestamp
        Microseconds in ascending order, (events,).
    named
        Numbers of the sessions that the shop names, or `UNKNOWN`, (events,).
    """
    sessions = named.copy()
    nameless = np.flatnonzero((named == UNKNOWN) & (user != UNKNOWN))
    if len(nameless) == 0:
        return sessions
    nameless = nameless[np.argsort(user[nameless], kind="stable")]
    begins = (np.diff(user[nameless]) != 0) | (np.diff(timestamp[nameless]) > IDLE)
    sessions[nameless] = named.max() + 1 + np.append(0, np.cumsum(begins))
    return sessions
