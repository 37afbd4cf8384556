"""Scores from the sessions that are similar to a query, queries in parallel; formulas and twin: `sessions_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels import scratch
from aisle.kernels.compiling import (
    Doubles,
    FilledFloatRows,
    FilledFloats,
    FilledInts,
    FilledLongs,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.csr import CSR
from aisle.kernels.sessions_numpy import Index, Nearest
from aisle.kernels.threads import blocks, share_out_rows

_QUERIES: Final = 32
_DISTANCES: Final = 64
"""So many powers are found at first; more when a session needs them."""


def score_sessions(history: CSR, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for every query, as `sessions_numpy.score_sessions` does."""
    queries, items = len(history.counts), len(index.rarity)
    scores = np.zeros((queries, items), np.float32)

    def score(start: int, stop: int) -> None:
        marks, reached, count = np.zeros((2, items), np.int32), np.empty(items + 1, np.int32), np.zeros(1, np.int64)
        _score(
            start,
            stop,
            history.indptr,
            history.indices,
            history.values,
            *index,
            *nearest,
            scores,
            marks[0],
            marks[1],
            reached,
            count,
        )

    share_out_rows(score, blocks(queries, _QUERIES))
    return scores


def reach(history: CSR, index: Index, nearest: Nearest) -> tuple[Ints, Floats]:
    """Return the items that have a score for a single query, each once and in any order, and their scores."""
    items = len(index.rarity)
    scores, marks = scratch.zeros(items, np.float32), scratch.zeros(2 * items, np.int32)
    reached, count = np.empty(items + 1, np.int32), np.zeros(1, np.int64)
    _score(
        0,
        1,
        history.indptr,
        history.indices,
        history.values,
        *index,
        *nearest,
        scores[None],
        marks[:items],
        marks[items:],
        reached,
        count,
    )
    values = np.empty(count[0], np.float32)
    _take(scores, reached, values)
    return reached[: count[0]], values


@kernel
def _take(scores: FilledFloats, reached: Ints, values: FilledFloats) -> None:
    """Take the scores of what was reached out of those of all items, which are 0 then."""
    for i in range(len(values)):
        item = np.uint32(reached[i])
        values[i] = scores[item]
        scores[item] = 0


@inlined
def _compare(
    query_items: Ints,
    weights: Floats,
    newest_indptr: Longs,
    newest: Ints,
    faded: Floats,
    entries: Ints,
    heads: Ints,
    next_place: Longs,
    sessions: Ints,
    match: Ints,
    similarity: Doubles,
) -> int:
    """Fill in the candidates, newest first, with the newest entry that each has in common; return their number.

    The sessions of each liked entry come newest first, so that those of all entries are merged as sorted lists are:
    `heads` holds the next session of each, -1 after the last one.
    """
    liked = 0
    for entry in range(len(query_items)):
        start = newest_indptr[query_items[entry]]
        if weights[entry] > 0 and start < newest_indptr[query_items[entry] + 1]:
            entries[liked], heads[liked], next_place[liked] = entry, newest[start], start
            liked += 1
    for count in range(len(sessions)):
        session = np.int32(-1)
        for i in range(liked):
            session = max(session, heads[i])
        if session < 0:
            return count
        total = 0.0
        for i in range(liked):
            if heads[i] == session:
                entry = entries[i]
                total += weights[entry]
                match[count] = entry
                next_place[i] += 1
                more = next_place[i] < newest_indptr[query_items[entry] + 1]
                heads[i] = newest[next_place[i]] if more else np.int32(-1)
        sessions[count], similarity[count] = session, total * faded[session]
    return len(sessions)


@inlined
def _most_similar(similarity: Doubles, k: int, chosen: Ints) -> int:
    """Fill in the places of the k highest similarities, of equal ones the first, and return their number."""
    count = min(k, len(similarity))
    least = np.partition(similarity, len(similarity) - count)[len(similarity) - count] if count else np.inf
    ties = count
    for place in range(len(similarity)):
        ties -= similarity[place] > least
    taken = 0
    for place in range(len(similarity)):
        if similarity[place] > least or (similarity[place] == least and ties > 0):
            ties -= similarity[place] == least
            chosen[taken] = place
            taken += 1
    order = np.argsort(-similarity[chosen[:taken]], kind="mergesort")
    chosen[:taken] = chosen[:taken][order]
    return taken


@inlined
def _fading(decay: float, distances: int) -> Doubles:
    """Return the power of each distance."""
    fading = np.empty(distances)
    for distance in range(distances):
        fading[distance] = decay**distance
    return fading


@inlined
def _hear(
    of_session: Ints,
    number: int,
    common: np.int32,
    similarity: float,
    fading: Doubles,
    before: float,
    rarity: Floats,
    row: Floats,
    support: Ints,
    last: Ints,
    reached: Ints,
    count: int,
) -> int:
    """Add a neighbour's share to the score of each of its items, by their distance to the common one.

    Its items are added to the `count` that are reached, whose new number is returned, and each is supported once more.
    """
    at = len(of_session) - 1
    while at > 0 and of_session[at] != common:
        at -= 1
    for place in range(len(of_session)):
        item = np.uint32(of_session[place])
        share = fading[at - place] * before if place < at else fading[place - at]
        row[item] += similarity * share * rarity[item]
        # Written every time and counted the first time, without a branch.
        reached[count] = item
        count += support[item] == 0
        support[item] += last[item] != number
        last[item] = number
    return count


@inlined
def _forget(reached: Ints, least: int, row: Floats, support: Ints, last: Ints) -> None:
    """Take back the scores of items that too few neighbours have; both marks are 0 again."""
    for i in range(len(reached)):
        item = np.uint32(reached[i])
        if support[item] < least:
            row[item] = 0
        support[item] = 0
        last[item] = 0


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
    least: int,
    scores: FilledFloatRows,
    support: FilledInts,
    last: FilledInts,
    reached: FilledInts,
    reached_count: FilledLongs,
) -> None:
    """Score queries, and note what the last of them reaches; `support` and `last` hold zeros, before and after."""
    most = min(candidates, len(faded))
    sessions = np.empty(most, np.int32)
    match = np.empty(most, np.int32)
    similarity = np.empty(most)
    chosen = np.empty(most, np.int32)
    fading = _fading(distance_decay, _DISTANCES)
    for query in range(start, stop):
        query_items = items[indptr[query] : indptr[query + 1]]
        query_weights = weights[indptr[query] : indptr[query + 1]]
        entries, heads = np.empty((2, len(query_items)), np.int32)
        next_place = np.empty(len(query_items), np.int64)
        count = _compare(
            query_items,
            query_weights,
            newest_indptr,
            newest,
            faded,
            entries,
            heads,
            next_place,
            sessions,
            match,
            similarity,
        )
        heard = _most_similar(similarity[:count], k, chosen)
        count = 0
        for number in range(heard):
            neighbour = chosen[number]
            session = sessions[neighbour]
            of_session = session_items[session_indptr[session] : session_indptr[session + 1]]
            if len(of_session) > len(fading):
                fading = _fading(distance_decay, 2 * len(of_session))
            count = _hear(
                of_session,
                number + 1,
                query_items[match[neighbour]],
                similarity[neighbour],
                fading,
                before,
                rarity,
                scores[query],
                support,
                last,
                reached,
                count,
            )
        _forget(reached[:count], least, scores[query], support, last)
        reached_count[0] = count
