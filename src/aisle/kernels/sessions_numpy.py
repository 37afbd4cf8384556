"""Scores from the sessions that are similar to a query, in plain NumPy: what the kernel of `sessions` computes.

Sessions are numbered in the order in which they ended. The candidates of a query are sessions with a liked item of the
query, the newest of each item and the newest of all; a candidate's similarity is

    s = faded(session) Σ_{j common} w_j

Each of the k most similar candidates adds, to every item that stands d places from the newest common one,

    s · distance_decay^d · rarity(item)

times `before` if it stands before the newest common one. An item that fewer than `least` of them have is not scored.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Index(NamedTuple):
    """The sessions by item, and the items by session."""

    newest_indptr: Longs
    """Where each item begins in `newest`, (items + 1,)."""
    newest: Ints
    """The newest sessions with each item, newest first."""
    session_indptr: Longs
    """Where each session begins in `session_items`, (sessions + 1,)."""
    session_items: Ints
    """The items of each session, in their order."""
    faded: Floats
    """The factor of each session for its age, (sessions,)."""
    rarity: Floats
    """The factor of each item for its rarity, (items,)."""


class Nearest(NamedTuple):
    """Which sessions are neighbours, and how much their items count."""

    candidates: int
    """The number of candidates, at most: of each item, and of all."""
    k: int
    """The number of neighbours, at most: the most similar candidates, and of equally similar ones the newest."""
    distance_decay: float
    """The factor for each place between an item and the newest common one, above 0 and at most 1."""
    before: float
    """The factor for items before the newest common one, at least 0."""
    least: int
    """So many neighbours must have an item."""


def score_sessions(history: CSR, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for every query, (queries, items).

    Parameters
    ----------
    history
        The items of each query, oldest first, with their weights; items of weight 0 do not count.
    """
    scores = np.zeros((len(history.counts), len(index.rarity)), np.float32)
    for query, (start, stop) in enumerate(pairwise(history.indptr)):
        items, weights = history.indices[start:stop][::-1], history.values[start:stop][::-1]
        scores[query] = _score(items[weights > 0], weights[weights > 0], index, nearest)
    return scores


def explain(history: CSR, item: int, index: Index, nearest: Nearest) -> Floats:
    """Return what each entry of one query's history adds to the score of one item, (entries,); the sum is the score.

    A neighbour's similarity is a sum over the common items; each of these adds its part of it.
    """
    counted = np.flatnonzero(history.values > 0)[::-1]
    items, weights = history.indices[counted], history.values[counted]
    sessions, common_item, similarity = _candidates(items, weights, index, nearest.candidates)
    best = _most_similar(sessions, similarity, nearest.k)
    session_item, neighbour, weight = _item_weights(sessions[best], common_item[best], index, nearest)
    matches = session_item == item
    weight_of_item = np.bincount(neighbour[matches], weight[matches], minlength=len(best))
    of_session = np.zeros(len(index.faded))
    of_session[sessions[best]] = weight_of_item * index.faded[sessions[best]] * index.rarity[item]
    place, entry = _entries(index.newest_indptr, items)
    shares = np.zeros(len(history.values), np.float32)
    if len(np.unique(neighbour[matches])) >= nearest.least:
        shares[counted] = weights * np.bincount(entry, of_session[index.newest[place]], minlength=len(items))
    return shares


def _score(items: Ints, weights: Floats, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for one query, given its items, newest first."""
    sessions, common_item, similarity = _candidates(items, weights, index, nearest.candidates)
    best = _most_similar(sessions, similarity, nearest.k)
    item, neighbour, weight = _item_weights(sessions[best], common_item[best], index, nearest)
    sums = np.bincount(item, similarity[best][neighbour] * weight, minlength=len(index.rarity))
    sums[_support(item, neighbour, len(index.rarity)) < nearest.least] = 0
    return (sums * index.rarity).astype(np.float32)


def _support(item: Ints, neighbour: Longs, items: int) -> Longs:
    """Return how many neighbours have each item, given the items of each, (items,)."""
    pairs = np.unique(neighbour * np.int64(items) + item)
    return np.bincount(pairs % items, minlength=items)


def _most_similar(sessions: Longs, similarity: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Return which candidates are the k most similar ones; of equally similar ones, the newest."""
    return np.lexsort((-sessions, -similarity))[:k]


def _item_weights(
    sessions: Longs, common_item: Ints, index: Index, nearest: Nearest
) -> tuple[Ints, Longs, NDArray[np.float64]]:
    """Return the items of some sessions, the session that each is of, and its weight there."""
    place, session = _entries(index.session_indptr, sessions)
    item = index.session_items[place]
    matches = np.flatnonzero(item == common_item[session])
    # An item may stand in a session twice: its last place counts.
    common = np.zeros(len(sessions), np.int64)
    common[session[matches]] = place[matches]
    steps = place - common[session]
    before = np.where(steps < 0, nearest.before, 1)
    return item, session, np.power(nearest.distance_decay, np.abs(steps), dtype=np.float64) * before


def _candidates(items: Ints, weights: Floats, index: Index, most: int) -> tuple[Longs, Ints, NDArray[np.float64]]:
    """Return the newest sessions with a common item, the newest such item of each, and their similarities."""
    place, entry = _entries(index.newest_indptr, items)
    # Ascending by session, and the newest common item last: one sort of plain numbers.
    keys = np.sort(index.newest[place] * np.int64(len(items)) + (len(items) - 1 - entry))
    session, older = np.divmod(keys, max(1, len(items)))
    ends = np.flatnonzero(np.append(np.diff(session) != 0, True)[: len(session)])
    summed = np.cumsum(weights[len(items) - 1 - older], dtype=np.float64)[ends]
    similarity = np.diff(summed, prepend=0.0)[-most:]
    ends = ends[-most:]
    sessions = session[ends]
    return sessions, items[len(items) - 1 - older[ends]], similarity * index.faded[sessions]


def _entries(indptr: Longs, rows: NDArray[np.integer]) -> tuple[Longs, Longs]:
    """Return the places of the entries of some rows, and which of the rows each is of."""
    counts = indptr[rows + 1] - indptr[rows]
    row = np.repeat(np.arange(len(rows)), counts)
    return np.arange(len(row)) + np.repeat(indptr[rows] - np.cumsum(counts) + counts, counts), row
