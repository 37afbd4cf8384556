"""Scores from the sessions that are like a query, queries in parallel; formulas and twin: `sessions_numpy`."""

from typing import Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from aisle.kernels.compiling import filled, given, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.sessions_numpy import Floats, Index, Ints, Longs, Nearest
from aisle.kernels.threads import share_out

_QUERIES: Final = 32

Doubles = NDArray[np.float64]


def score_sessions(history: CSR, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for every query, as `sessions_numpy.score_sessions` does."""
    queries = len(history.counts)
    scores = np.zeros((queries, len(index.rarity)), np.float32)

    def score(start: int, stop: int) -> None:
        _score(start, stop, history.indptr, history.indices, history.values, *index, *nearest, scores)

    share_out(score, [*range(0, queries, _QUERIES), queries])
    return scores


@inlined
def _compare(
    asked: Ints,
    weights: Floats,
    newest_indptr: Longs,
    newest: Ints,
    faded: Floats,
    next_place: Longs,
    found: Ints,
    match: Ints,
    similarity: Doubles,
) -> int:
    """Fill in the candidates, newest first, with the newest entry that each shares; return how many there are.

    The sessions of each entry come newest first, so that those of all are merged like sorted lists.
    """
    for entry in range(len(asked)):
        liked = weights[entry] > 0
        next_place[entry] = newest_indptr[asked[entry]] if liked else newest_indptr[asked[entry] + 1]
    for count in range(len(found)):
        session = np.int32(-1)
        for entry in range(len(asked)):
            if next_place[entry] < newest_indptr[asked[entry] + 1]:
                session = max(session, newest[next_place[entry]])
        if session < 0:
            return count
        total = 0.0
        for entry in range(len(asked)):
            place = next_place[entry]
            if place < newest_indptr[asked[entry] + 1] and newest[place] == session:
                total += weights[entry]
                match[count] = entry
                next_place[entry] += 1
        found[count], similarity[count] = session, total * faded[session]
    return len(found)


@inlined
def _add(
    row: Floats, of_session: Ints, shared: np.int32, similarity: float, decay: float, before: float, rarity: Floats
) -> None:
    """Add what one neighbour says of each of its items."""
    at = 0
    for place in range(len(of_session)):
        if of_session[place] == shared:
            at = place
    for place in range(len(of_session)):
        item = of_session[place]
        worth = similarity * decay ** abs(place - at) * (before if place < at else 1.0)
        row[item] += worth * rarity[item]


@kernel(
    types.int64,
    types.int64,
    given(types.int64, 1),
    given(types.int32, 1),
    given(types.float32, 1),
    given(types.int64, 1),
    given(types.int32, 1),
    given(types.int64, 1),
    given(types.int32, 1),
    given(types.float32, 1),
    given(types.float32, 1),
    types.int64,
    types.int64,
    types.float64,
    types.float64,
    filled(types.float32, 2),
)
def _score(
    start: int,
    stop: int,
    indptr: Longs,
    items: Ints,
    weights: Floats,
    newest_indptr: Longs,
    newest: Ints,
    session_indptr: Longs,
    session_items: Ints,
    faded: Floats,
    rarity: Floats,
    candidates: int,
    k: int,
    distance_decay: float,
    before: float,
    scores: Floats,
) -> None:
    most = min(candidates, len(faded))
    found = np.empty(most, np.int32)
    match = np.empty(most, np.int32)
    similarity = np.empty(most)
    for query in range(start, stop):
        asked = items[indptr[query] : indptr[query + 1]]
        of_asked = weights[indptr[query] : indptr[query + 1]]
        next_place = np.empty(len(asked), np.int64)
        count = _compare(asked, of_asked, newest_indptr, newest, faded, next_place, found, match, similarity)
        for one in np.argsort(-similarity[:count], kind="mergesort")[:k]:
            session = found[one]
            of_session = session_items[session_indptr[session] : session_indptr[session + 1]]
            _add(scores[query], of_session, asked[match[one]], similarity[one], distance_decay, before, rarity)
