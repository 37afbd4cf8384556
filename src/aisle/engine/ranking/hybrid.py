"""A two-stage recommender: sources propose candidates, the pruner keeps the likeliest, the ranker orders them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import MAX_CANDIDATES, Candidates, Source, columns_of, gather
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.features import features
from aisle.prepare.profiles import Profiles
from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Config
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.second_stage.calibration import Calibration
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.recommenders.topn import compiled
from aisle.shop.errors import InputError

Quota = Annotated[int, msgspec.Meta(ge=1, le=10_000)]

NAME: Final = "hybrid"
"""What it is called in `aisle.toml` and on the command line."""

BLOCK: Final = 256
"""So many queries are ranked at a time, so that their features fit into memory."""

SOURCES: Final[dict[str, int]] = {
    "repeat": 200,
    "als": 150,
    "audience": 150,
    "graph_filter": 150,
    "item_knn": 100,
    "popularity": 50,
    "co_purchase": 50,
    "sequential_rules": 50,
    "session_knn": 50,
    "content": 50,
}
"""The default sources and their quotas: repeat purchases, collaborative filtering, popularity, baskets, sequences and
content."""


class HybridConfig(Config, frozen=True):
    """The sources, and what the ranker learns from."""

    sources: Annotated[dict[str, Quota], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: dict(SOURCES)
    )
    """How many items each source may propose per shopper, by the name of its model. `[models.NAME]` sets the model."""
    windows: Annotated[int, msgspec.Meta(ge=0, le=24)] = 5
    """The ranker learns from so many past windows; 0 trains no ranker."""
    questions: Annotated[int, msgspec.Meta(ge=1)] = 2000
    """The ranker learns from at most so many shelves of each window."""
    objective: Objective = "purchase"
    """What the ranker optimises: `click`, `cart`, `purchase` or `revenue`."""
    ranker: RankerConfig = RankerConfig()
    """The settings of the ranker."""


class Scored(NamedTuple):
    """Candidates with the scores of the second stage."""

    candidates: Candidates
    scores: NDArray[np.float64]
    """Higher is better, (candidates,)."""


@dataclass(frozen=True, eq=False)
class Hybrid(FoldsIn):
    """Fills a personal shelf from several recommenders.

    Attributes
    ----------
    names
        The names of all sources that the ranker knows, in its order.
    sources
        The fitted sources, by name; some may be missing.
    pruner
        Chooses the candidates that the ranker scores.
    state
        What is known of the items.
    ranker
        Orders the candidates; None in a shop that is too small to train one: the pruner's chances order them then.
    calibration
        Turns its scores into chances; None where they would not be right.
    """

    names: tuple[str, ...]
    sources: Mapping[str, Source]
    pruner: CandidatePruner
    state: ItemState
    ranker: Ranker | None
    calibration: Calibration | None = None

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones; fewer where the candidates are fewer.

        Raises
        ------
        InputError
            If n is below 1.
        """
        if n < 1:
            raise InputError(f"n = {n} items were asked for; ask for 1 or more")
        blocks = []
        for start in range(0, len(queries), BLOCK):
            stop = min(start + BLOCK, len(queries))
            scored = self.scored(queries.slice(start, stop), exclude.slice(start, stop) if exclude else None)
            blocks.append(first(scored, n))
        return Ranked.joined(blocks, n)

    def scored(self, queries: QueryBatch, exclude: ItemLists | None = None) -> Scored:
        """Return the candidates of each query with their scores.

        Parameters
        ----------
        queries
            Queries with their profiles.
        exclude
            Items that are never candidates, a list per query.
        """
        candidates = gather(self.sources, queries, exclude, self._likeliest).of_sources(self.names)
        return Scored(candidates, self.score(profiles_of(queries), candidates))

    def _likeliest(self, lists: ItemLists, ranks: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which candidates the ranker scores, given their ranks in the sources, (candidates,)."""
        return self.pruner.kept(lists, columns_of(ranks, tuple(self.sources), self.names), MAX_CANDIDATES)

    def score(self, profiles: Profiles, candidates: Candidates) -> NDArray[np.float64]:
        """Return the score of each candidate, (candidates,)."""
        if self.ranker is None:
            return self.pruner.chances(candidates.ranks)
        return self.ranker.score(features(profiles, candidates, self.state))


def first(scored: Scored, n: int) -> Ranked:
    """Return the n candidates of each query with the highest scores; ties are ranked by item number."""
    lists = scored.candidates.lists
    if compiled(len(lists)):
        from aisle.kernels.candidates import best
    else:
        from aisle.kernels.candidates_numpy import best
    return Ranked(*best(lists.indptr, lists.items, scored.scores, n))


def profiles_of(queries: QueryBatch) -> Profiles:
    """Return the profiles of queries that `queries_of` made."""
    if queries.profiles is None:
        raise ValueError("these queries have no profiles, which a hybrid needs; make them with queries_of")
    return queries.profiles
