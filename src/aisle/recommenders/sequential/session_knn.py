"""The other items of the most similar sessions: session-based nearest neighbours.

VMIS-kNN (Kersbergen, Sprangers and Schelter, "Serenade: Low-Latency Session-Based Recommendation in e-Commerce at
Scale", 2022) looks only at the newest sessions with each item, so that a query costs the same for a log of any length.
The last items count more, older sessions less, and items near the common one more: ideas of V-STAN (Ludewig, Mauro,
Latifi and Jannach, "Empirical Analysis of Session-Based Recommendation Algorithms", 2021; Garg et al., 2019).
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import sessions_numpy
from aisle.kernels.sessions_numpy import Index, Nearest
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasSupport
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import AtLeastOne, Decay, Neighbours, Positive, Share
from aisle.recommenders.reach import DenseReach, ListedReach, Reach, is_listed
from aisle.recommenders.recency import RanksTheRest, popular_rest, recent_rows
from aisle.recommenders.sequential.sequences import By, Sequences, to_sequences
from aisle.recommenders.topn import compiled
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]


class SessionKNNConfig(Config, frozen=True):
    """Which sessions are neighbours, and how much their items count."""

    by: By = "session"
    """Whose events make a session; those without a user or session fall back to the other."""
    candidates: Neighbours = 1000
    """Neighbours are chosen among the newest sessions with a common item: this many of each item, and of all."""
    neighbours: Neighbours = 200
    """The number of the most similar sessions whose items count."""
    last_items: AtLeastOne = 20
    """Only this many last items of the history count."""
    decay: Decay = 0.7
    """The weight of an item of the history, as a share of the weight of the next item."""
    distance_decay: Decay = 0.7
    """An item of a neighbour is multiplied by this for each step between it and the newest common item."""
    before: Share = 1.0
    """Items before the newest common item are multiplied by this; at 0, only what came next counts."""
    rarity: Share = 0.0
    """Items are multiplied by log(sessions / sessions with it) to this power; 0: not at all, 1: the inverse document
    frequency of VMIS-kNN."""
    min_support: AtLeastOne = 2
    """An item that fewer neighbours have is not scored: what happened in one session is an accident."""
    half_life_days: Positive | None = None
    """After this many days a session counts half; null: all of the newest sessions count alike."""


class SessionKNN(RanksTheRest, FoldsIn, Explains, HasSupport, Recommender[SessionKNNConfig]):
    """Sums over the sessions that have the most, and the newest, items in common with a query.

    A query needs its history alone. Events that speak against an item are no part of a session. Items that no neighbour
    has come last, in the order of their popularity, and a query without a positive weight has scores of NaN.
    """

    name = "session_knn"

    index_: Index
    """The sessions, by item and by number."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Index the sessions."""
        config, items = self.config, len(data.items)
        sessions = to_sequences(data.votes, config.by)
        newest_indptr, newest, sessions_with = _newest(sessions, items, config.candidates)
        age = np.maximum(data.now - sessions.ended, 0) / DAY
        faded = np.ones(len(age)) if config.half_life_days is None else np.exp2(-age / config.half_life_days)
        rarity = np.log((1 + len(age)) / np.maximum(sessions_with, 1)) ** config.rarity
        self.index_ = Index(
            newest_indptr,
            newest,
            sessions.indptr,
            sessions.items,
            faded.astype(np.float32),
            rarity.astype(np.float32),
        )
        self.rest_ = popular_rest(np.bincount(sessions.items, minlength=items))
        return self

    def _reached(self, queries: QueryBatch) -> Reach:
        """Return sums over neighbours."""
        history = recent_rows(queries, self.config.decay, self.config.last_items)
        nearest = self._nearest()
        if not compiled(len(queries)):
            return DenseReach(sessions_numpy.score_sessions(history, self.index_, nearest))
        from aisle.kernels import sessions

        if is_listed(queries):
            return ListedReach(*sessions.reach(history, self.index_, nearest), self.items_count)
        return DenseReach(sessions.score_sessions(history, self.index_, nearest))

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        history = recent_rows(queries.single(query), self.config.decay, self.config.last_items)
        return sessions_numpy.explain(history, item, self.index_, self._nearest())

    def support(self, earlier: int, item: int) -> int:
        """Return how many of the newest sessions with the earlier item have the other one too."""
        index = self.index_
        sessions = index.newest[slice(*index.newest_indptr[earlier : earlier + 2])].tolist()
        return sum(
            item in index.session_items[index.session_indptr[session] : index.session_indptr[session + 1]]
            for session in sessions
        )

    def _nearest(self) -> Nearest:
        config = self.config
        return Nearest(config.candidates, config.neighbours, config.distance_decay, config.before, config.min_support)


def _newest(
    sessions: Sequences, items: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Return the newest sessions with each item, newest first, as pointers and numbers, and how many have it."""
    count = len(sessions.ended)
    age = count - 1 - np.repeat(np.arange(count), np.diff(sessions.indptr))
    pairs = np.unique(np.stack([sessions.items.astype(np.int64), age]), axis=1)
    sessions_with = np.bincount(pairs[0], minlength=items)
    rank = np.arange(pairs.shape[1]) - np.repeat(np.cumsum(sessions_with) - sessions_with, sessions_with)
    indptr = np.append(0, np.cumsum(np.minimum(sessions_with, most)))
    return indptr, (count - 1 - pairs[1, rank < most]).astype(np.int32), sessions_with
