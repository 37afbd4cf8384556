"""Scores from the sessions that are like a query, in plain NumPy: what the kernel of `sessions` computes.

Sessions are numbered in the order in which they ended. Those that share a liked item with the query are its
candidates, the newest of each item and the newest of all; a candidate's similarity is

    s = faded(session) Σ_{j shared} w_j

and each of the k most similar ones adds, to every item that stands d places from the newest shared one,

    s · distance_decay^d · rarity(item)

and only `before` times that where it stands before it.
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
    """Which sessions have which items, both ways."""

    newest_indptr: Longs
    """Where each item begins in `newest`, (items + 1,)."""
    newest: Ints
    """The newest sessions with each item, newest first."""
    session_indptr: Longs
    """Where each session begins in `session_items`, (sessions + 1,)."""
    session_items: Ints
    """The items of each session, in their order."""
    faded: Floats
    """How much a session counts for its age, (sessions,)."""
    rarity: Floats
    """How much an item counts for being rare, (items,)."""


class Nearest(NamedTuple):
    """How many sessions are looked at."""

    candidates: int
    """Of so many newest ones …"""
    k: int
    """… so many most similar ones; of equally similar ones, the newest."""
    distance_decay: float
    """What one place from the newest shared item costs, above 0 and at most 1."""
    before: float
    """What standing before it costs, at least 0."""


def score_sessions(history: CSR, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for every query, (queries, items).

    Parameters
    ----------
    history
        The items of each query, oldest first, and how much they count; those at 0 do not.
    index
        The sessions.
    nearest
        How many of them are looked at.
    """
    scores = np.zeros((len(history.counts), len(index.rarity)), np.float32)
    for query, (start, stop) in enumerate(pairwise(history.indptr)):
        asked, weights = history.indices[start:stop][::-1], history.values[start:stop][::-1]
        scores[query] = _score(asked[weights > 0], weights[weights > 0], index, nearest)
    return scores


def explain(history: CSR, item: int, index: Index, nearest: Nearest) -> Floats:
    """Return what each entry of one query's history adds to the score of one item, (entries,); the sum is the score.

    A neighbour's similarity is a sum over the items that it shares; each of these adds its part of it.
    """
    counted = np.flatnonzero(history.values > 0)[::-1]
    asked, weights = history.indices[counted], history.values[counted]
    found, shared_item, similarity = _candidates(asked, weights, index, nearest.candidates)
    best = _most_similar(found, similarity, nearest.k)
    stand, neighbour, worth = _worth(found[best], shared_item[best], index, nearest)
    held = stand == item
    worth_of_item = np.bincount(neighbour[held], worth[held], minlength=len(best))
    of_session = np.zeros(len(index.faded))
    of_session[found[best]] = worth_of_item * index.faded[found[best]] * index.rarity[item]
    place, entry = _entries(index.newest_indptr, asked)
    shares = np.zeros(len(history.values), np.float32)
    shares[counted] = weights * np.bincount(entry, of_session[index.newest[place]], minlength=len(asked))
    return shares


def _score(asked: Ints, weights: Floats, index: Index, nearest: Nearest) -> Floats:
    """Return the score of every item for one query whose items come newest first."""
    found, shared_item, similarity = _candidates(asked, weights, index, nearest.candidates)
    best = _most_similar(found, similarity, nearest.k)
    stand, neighbour, worth = _worth(found[best], shared_item[best], index, nearest)
    sums = np.bincount(stand, similarity[best][neighbour] * worth, minlength=len(index.rarity))
    return (sums * index.rarity).astype(np.float32)


def _most_similar(found: Longs, similarity: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Return which candidates are the k most similar ones; of equally similar ones, the newest."""
    return np.lexsort((-found, -similarity))[:k]


def _worth(
    sessions: Longs, shared_item: Ints, index: Index, nearest: Nearest
) -> tuple[Ints, Longs, NDArray[np.float64]]:
    """Return the items of some sessions, which of the sessions each is of, and how much it counts there."""
    place, neighbour = _entries(index.session_indptr, sessions)
    stand = index.session_items[place]
    matches = np.flatnonzero(stand == shared_item[neighbour])
    # An item may stand in a session twice: its last place counts.
    shared = np.zeros(len(sessions), np.int64)
    shared[neighbour[matches]] = place[matches]
    steps = place - shared[neighbour]
    before = np.where(steps < 0, nearest.before, 1)
    return stand, neighbour, np.power(nearest.distance_decay, np.abs(steps), dtype=np.float64) * before


def _candidates(asked: Ints, weights: Floats, index: Index, most: int) -> tuple[Longs, Ints, NDArray[np.float64]]:
    """Return the newest sessions that share an item, the newest item that each shares, and how similar they are."""
    place, entry = _entries(index.newest_indptr, asked)
    # Ascending by session, and the newest shared item last: one sort of plain numbers.
    keys = np.sort(index.newest[place] * np.int64(len(asked)) + (len(asked) - 1 - entry))
    session, older = np.divmod(keys, max(1, len(asked)))
    ends = np.flatnonzero(np.append(np.diff(session) != 0, True)[: len(session)])
    summed = np.cumsum(weights[len(asked) - 1 - older], dtype=np.float64)[ends]
    similarity = np.diff(summed, prepend=0.0)[-most:]
    ends = ends[-most:]
    found = session[ends]
    return found, asked[len(asked) - 1 - older[ends]], similarity * index.faded[found]


def _entries(indptr: Longs, rows: NDArray[np.integer]) -> tuple[Longs, Longs]:
    """Return where the entries of some rows stand, and which of the rows each belongs to."""
    counts = indptr[rows + 1] - indptr[rows]
    of = np.repeat(np.arange(len(rows)), counts)
    return np.arange(len(of)) + np.repeat(indptr[rows] - np.cumsum(counts) + counts, counts), of
