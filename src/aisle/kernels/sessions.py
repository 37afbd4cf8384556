"""Scores from the sessions that are similar to a query, queries in parallel; formulas and twin: `sessions_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import Doubles, FilledFloatRows, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.sessions_numpy import Index, Nearest
from aisle.kernels.threads import blocks, share_out

_QUERIES: Final = 32


def score_sessions(history: CSR, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for every query, as `sessions_numpy.score_sessions` does."""
    queries = len(history.counts)
    scores = np.zeros((queries, len(index.rarity)), np.float32)

    def score(start: int, stop: int) -> None:
        _score(start, stop, history.indptr, history.indices, history.values, *index, *nearest, scores)

    share_out(score, blocks(queries, _QUERIES))
    return scores


@inlined
def _compare(
    query_items: Ints,
    weights: Floats,
    newest_indptr: Longs,
    newest: Ints,
    faded: Floats,
    next_place: Longs,
    sessions: Ints,
    match: Ints,
    similarity: Doubles,
) -> int:
    """Fill in the candidates, newest first, with the newest entry that each has in common; return their number.

    The sessions of each entry come newest first, so that those of all entries are merged as sorted lists are.
    """
    for entry in range(len(query_items)):
        liked = weights[entry] > 0
        next_place[entry] = newest_indptr[query_items[entry]] if liked else newest_indptr[query_items[entry] + 1]
    for count in range(len(sessions)):
        session = np.int32(-1)
        for entry in range(len(query_items)):
            if next_place[entry] < newest_indptr[query_items[entry] + 1]:
                session = max(session, newest[next_place[entry]])
        if session < 0:
            return count
        total = 0.0
        for entry in range(len(query_items)):
            place = next_place[entry]
            if place < newest_indptr[query_items[entry] + 1] and newest[place] == session:
                total += weights[entry]
                match[count] = entry
                next_place[entry] += 1
        sessions[count], similarity[count] = session, total * faded[session]
    return len(sessions)


@inlined
def _add(
    row: Floats, of_session: Ints, common: np.int32, similarity: float, decay: float, before: float, rarity: Floats
) -> None:
    """Add a neighbour's share to the score of each of its items."""
    at = 0
    for place in range(len(of_session)):
        if of_session[place] == common:
            at = place
    for place in range(len(of_session)):
        item = of_session[place]
        weight = similarity * decay ** abs(place - at) * (before if place < at else 1.0)
        row[item] += weight * rarity[item]


@kernel
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
    scores: FilledFloatRows,
) -> None:
    most = min(candidates, len(faded))
    sessions = np.empty(most, np.int32)
    match = np.empty(most, np.int32)
    similarity = np.empty(most)
    for query in range(start, stop):
        query_items = items[indptr[query] : indptr[query + 1]]
        query_weights = weights[indptr[query] : indptr[query + 1]]
        next_place = np.empty(len(query_items), np.int64)
        count = _compare(
            query_items, query_weights, newest_indptr, newest, faded, next_place, sessions, match, similarity
        )
        for neighbour in np.argsort(-similarity[:count], kind="mergesort")[:k]:
            session = sessions[neighbour]
            of_session = session_items[session_indptr[session] : session_indptr[session + 1]]
            _add(
                scores[query],
                of_session,
                query_items[match[neighbour]],
                similarity[neighbour],
                distance_decay,
                before,
                rarity,
            )
