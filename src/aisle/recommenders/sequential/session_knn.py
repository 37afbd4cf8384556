"""The sessions most like this one, and what else they held: session-based nearest neighbours.

VMIS-kNN (Kersbergen, Sprangers and Schelter, "Serenade: Low-Latency Session-Based Recommendation in e-Commerce at
Scale", 2022) looks only at the newest sessions with each item, so that a query costs the same however long the log is.
That the last items count more, older sessions less, and items near the shared one more, are ideas of V-STAN (Ludewig,
Mauro, Latifi and Jannach, "Empirical Analysis of Session-Based Recommendation Algorithms", 2021; Garg et al., 2019).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels import sessions_numpy
from aisle.kernels.sessions_numpy import Index, Nearest
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.recency import Decay, Neighbours, completed, popular_rest, recent_rows
from aisle.recommenders.sequential.sequences import By, Sequences, sequences
from aisle.recommenders.topn import FEW
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class SessionKNNConfig(Config, frozen=True):
    """Which sessions are neighbours, and what they say."""

    by: By = "session"
    """Whose events make a session; those without a user or session fall back to the other."""
    candidates: Neighbours = 1000
    """Neighbours are chosen among so many newest sessions that share an item, of each item and of all."""
    neighbours: Neighbours = 200
    """So many of the most similar sessions have a say."""
    last_items: Annotated[int, msgspec.Meta(ge=1)] = 20
    """So many last items of the history are asked about."""
    decay: Decay = 0.7
    """An item of the history counts so many times what the next one counts."""
    distance_decay: Decay = 0.7
    """An item of a neighbour counts so many times less with each place it stands from the newest shared item."""
    before: Share = 1.0
    """What stands before that item counts so many times what stands after it: 0 looks at what came next alone."""
    rarity: Share = 0.0
    """Items count log(sessions / sessions with it) to this power: 0 does without, 1 is the inverse document frequency
    of VMIS-kNN."""
    half_life_days: Positive | None = None
    """After so many days a session counts half; null: only being among the newest matters."""


class SessionKNN(Recommender[SessionKNNConfig], FoldsIn, Explains):
    """Sums over the sessions that share the most, and the newest, of a query's items.

    A query needs its history alone. Events that speak against an item are no part of a session. Items that no
    neighbour has come last, in the order of their popularity, and a query that likes nothing has scores of NaN.
    """

    name = "session_knn"
    config_type: ClassVar[type[Config]] = SessionKNNConfig

    index_: Index
    """The sessions, by item and by number."""
    rest_: Floats
    """The scores of items that no neighbour has, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Index the sessions."""
        config, items = self.config, len(data.items)
        found = sequences(data.log, config.by)
        newest_indptr, newest, holding = _newest(found, items, config.candidates)
        age = np.maximum(data.now - found.ended, 0) / DAY
        faded = np.ones(len(age)) if config.half_life_days is None else np.exp2(-age / config.half_life_days)
        rarity = np.log((1 + len(age)) / np.maximum(holding, 1)) ** config.rarity
        self.index_ = Index(
            newest_indptr,
            newest,
            found.indptr,
            found.items,
            faded.astype(np.float32),
            rarity.astype(np.float32),
        )
        self.rest_ = popular_rest(np.bincount(found.items, minlength=items))
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return sums over neighbours; NaN for a query that likes nothing."""
        history = recent_rows(queries, self.config.decay, self.config.last_items)
        nearest = self._nearest()
        if len(queries) <= FEW:
            scores = sessions_numpy.score_sessions(history, self.index_, nearest)
        else:
            from aisle.kernels.sessions import score_sessions

            scores = score_sessions(history, self.index_, nearest)
        return completed(scores, history, self.rest_, items)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        history = recent_rows(queries.slice(query, query + 1), self.config.decay, self.config.last_items)
        return sessions_numpy.explain(history, item, self.index_, self._nearest())

    def _nearest(self) -> Nearest:
        config = self.config
        return Nearest(config.candidates, config.neighbours, config.distance_decay, config.before)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.rest_)

    def arrays(self) -> dict[str, Array]:
        """Return the index and the order of the rest."""
        return {**self.index_._asdict(), "rest": self.rest_}

    @classmethod
    def from_arrays(cls, config: SessionKNNConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its arrays."""
        model = cls(config)
        model.index_ = Index(*(np.asarray(arrays[name]) for name in Index._fields))
        model.rest_ = np.asarray(arrays["rest"])
        return model


def _newest(found: Sequences, items: int, most: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Return the newest sessions with each item, newest first, as pointers and numbers, and how many have it."""
    sessions = len(found.ended)
    age = sessions - 1 - np.repeat(np.arange(sessions), np.diff(found.indptr))
    pairs = np.unique(np.stack([found.items.astype(np.int64), age]), axis=1)
    holding = np.bincount(pairs[0], minlength=items)
    rank = np.arange(pairs.shape[1]) - np.repeat(np.cumsum(holding) - holding, holding)
    indptr = np.append(0, np.cumsum(np.minimum(holding, most)))
    return indptr, (sessions - 1 - pairs[1, rank < most]).astype(np.int32), holding
