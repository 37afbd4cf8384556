"""Two stages in one: sources propose, the cut keeps the likeliest, the ranker orders them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import MOST, Candidates, Source, gather
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.features import features
from aisle.prepare.profiles import Profiles
from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Config
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.errors import InputError

Quota = Annotated[int, msgspec.Meta(ge=1, le=10_000)]

NAME: Final = "hybrid"
"""What it is called in `aisle.toml` and on the command line."""

BLOCK: Final = 1024
"""So many queries are ranked at a time: features of more would only fill the memory."""


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
"""Who proposes unless told otherwise: what was taken before, taste, neighbours, baskets, order, content, and what
sells."""


class HybridConfig(Config, frozen=True):
    """Who proposes, and what the ranker learns from."""

    sources: Annotated[dict[str, Quota], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: dict(SOURCES)
    )
    """How many items of each shopper every source may propose, by the name of the model; its settings are its own."""
    windows: Annotated[int, msgspec.Meta(ge=0, le=24)] = 5
    """From so many past windows the ranker learns; 0 does without one."""
    questions: Annotated[int, msgspec.Meta(ge=1)] = 2000
    """At most so many shelves of each window are learnt from."""
    objective: Objective = "purchase"
    """What shelves are for: `click`, `cart`, `purchase` or `revenue`."""
    ranker: RankerConfig = RankerConfig()
    """How the ranker is grown."""


class Scored(NamedTuple):
    """Candidates with what the second stage says of them."""

    candidates: Candidates
    scores: NDArray[np.float64]
    """More is better, (candidates,)."""


@dataclass(frozen=True, eq=False)
class Hybrid(FoldsIn):
    """What fills a personal shelf from several recommenders.

    Attributes
    ----------
    names
        Of all sources that the ranker knows, in its order.
    sources
        Who proposes, by name; some may be missing.
    cut
        Which candidates the ranker is asked about.
    state
        What is known of the items.
    ranker
        What orders them; None in a shop too small to learn it, where their chances by rank do.
    """

    names: tuple[str, ...]
    sources: Mapping[str, Source]
    cut: CandidatePruner
    state: ItemState
    ranker: Ranker | None

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones; few queries have so many candidates.

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
            With their profiles.
        exclude
            Items that are out of the question, a list per query.
        """
        candidates = gather(self.sources, queries, exclude).of_sources(self.names)
        candidates = candidates.where(self.cut.kept(candidates.lists, candidates.ranks, MOST))
        return Scored(candidates, self.score(profiles_of(queries), candidates))

    def score(self, profiles: Profiles, candidates: Candidates) -> NDArray[np.float64]:
        """Return the score of each candidate, (candidates,)."""
        if self.ranker is None:
            return self.cut.chances(candidates.ranks)
        return self.ranker.score(features(profiles, candidates, self.state))


def first(scored: Scored, n: int) -> Ranked:
    """Return the n candidates of each query with the highest scores; equal ones rank in the order of their numbers."""
    lists = scored.candidates.lists
    owner = lists.queries
    order = np.lexsort((-scored.scores, owner))
    place = np.arange(len(order)) - lists.indptr[:-1][owner]
    kept = place < n
    items = np.full((len(lists), n), -1, np.int32)
    scores = np.full((len(lists), n), np.nan, np.float32)
    items[owner[kept], place[kept]] = lists.items[order[kept]]
    scores[owner[kept], place[kept]] = scored.scores[order[kept]]
    return Ranked(items, scores)


def profiles_of(queries: QueryBatch) -> Profiles:
    """Return the profiles behind queries; `queries_of` makes queries that have them."""
    if queries.profiles is None:
        raise ValueError("these queries come without profiles, which the hybrid looks at; make them with queries_of")
    return queries.profiles
