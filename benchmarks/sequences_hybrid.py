"""What each shopper takes next, by the hybrid: HR@10 and NDCG@10 on sequences without dates.

    python -m benchmarks.sequences FOLDER --hybrid [--json FILE]

The folder, the questions and the figures are those of `benchmarks.sequences`. The hybrid is the product's own: sources
propose, the cut keeps the likeliest, and the ranker orders them by the product's features, in which a step of a
sequence stands for a day. The ranker learns to find the last training items, with sources that were fitted without
them. How many of these of each user it learns from, and how its trees grow, is chosen by the NDCG of validation items,
with sources fitted on what came before them. For the test, sources are fitted once more, on all but the last two items
of each sequence; the ranker stays. Validation items are history then, never training targets. A user's own items are
left out of the ranking. The settings of the sources are those that each did best with alone.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console

from aisle.app.training.fitting import PastShelves, fit_pruner, fit_ranker
from aisle.engine.ranking.candidates import Candidates, Source, gather
from aisle.engine.ranking.hybrid import NAME, Hybrid, HybridConfig, Scored, first
from aisle.engine.recipe import Recipe
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.catalog import by_name
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY
from benchmarks import attributes
from benchmarks.sequences import LEFT_OUT, SEED, Case, K, Row, figures_of, grid, read, show

ASKED: Final = 6000
"""So many users of the validation, drawn at random, are enough to tell rankers apart."""


class Proposes(NamedTuple):
    """A source: a model, the settings that it is not born with, and how many candidates it may propose."""

    model: str
    quota: int
    settings: Mapping[str, Any]


SOURCES: Final = {
    "sequential_rules": Proposes(
        "sequential_rules", 80, {"by": "user", "window": 50, "distance_power": 0.5, "confidence": 0.5, "decay": 0.6}
    ),
    "rules of the last item": Proposes(
        "sequential_rules", 40, {"by": "user", "window": 10, "distance_power": 1.0, "confidence": 0.5, "decay": 0.01}
    ),
    "session_knn": Proposes(
        "session_knn",
        80,
        {"by": "user", "candidates": 2000, "neighbours": 1000, "distance_decay": 0.8, "before": 0.3, "rarity": 0.5},
    ),
    "ease": Proposes("ease", 50, {"regularization": 100.0, "dense_items": 0, "recency": 0.6}),
    "item_knn": Proposes("item_knn", 30, {"neighbours": 500}),
    "graph_filter": Proposes("graph_filter", 30, {}),
    "content": Proposes("content", 40, {"content_share": 0.1}),
    "popularity": Proposes("popularity", 10, {"window_days": None}),
}
"""The sources by name."""

TARGETS: Final = (1, 2)
"""From so many last training items of each user, each found by sources fitted without it, the ranker may learn."""

RANKERS: Final = grid(trees=[150], forests=[1], learning_rate=[0.05], leaves=[15, 31])
"""What is tried of the ranker."""

console = Console(stderr=True, soft_wrap=True)


@dataclass(frozen=True, eq=False)
class Stage:
    """A case with everything that was fitted to what it may learn from."""

    case: Case
    queries: QueryBatch
    sources: dict[str, Source]
    state: ItemState

    @classmethod
    def of(cls, case: Case) -> "Stage":
        """Fit the sources that the data has enough for."""
        sources = {name: _fitted(one, case) for name, one in SOURCES.items() if _possible(one, case)}
        console.print(f"{len(sources)} sources fitted to {len(case.train.log)} steps", highlight=False)
        state = ItemState(ItemStateConfig()).fit(case.train)
        return cls(case, with_profiles(case.queries), sources, state)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sources."""
        return tuple(self.sources)

    def gathered(self, users: NDArray[np.intp]) -> tuple[QueryBatch, Candidates]:
        """Return the queries of some users, and what could stand on their shelves."""
        queries = self.queries.take(users)
        return queries, gather(self.sources, queries, queries.history)

    def shelves(self) -> PastShelves:
        """Return the shelves on which the wanted item could stand: from others there is nothing to learn."""
        candidates = gather(self.sources, self.queries, self.queries.history)
        found = candidates.lists.items == self.case.wanted[candidates.lists.queries]
        users = candidates.lists.queries[found]
        chosen = np.isin(candidates.lists.queries, users)
        lists = candidates.lists.take(users)
        taught = Candidates(lists, candidates.sources, candidates.scores[chosen], candidates.ranks[chosen])
        assert self.queries.profiles is not None
        return PastShelves(taught, self.queries.profiles.take(users), self.state, found[chosen].astype(np.float32))


class Chosen(NamedTuple):
    """How to order candidates, and the NDCG@10 of validation items."""

    hybrid: Hybrid
    settings: str
    ndcg: float


def main() -> None:
    """Read the folder, choose a ranker, measure it on the test, print the table and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequences_hybrid", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds sequences.txt and item_attributes.json")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    show(measure(arguments.folder), arguments.json)


def measure(folder: Path) -> list[Row]:
    """Return the row of the hybrid."""
    ids, sequences = read(folder)
    catalogue = attributes.read(folder, ids)
    chosen = choose(sequences, catalogue)
    began = time.perf_counter()
    stage = Stage.of(Case.of(sequences, 0, catalogue))
    fitted = time.perf_counter()
    hybrid = replace(chosen.hybrid, sources=stage.sources, state=stage.state)
    ranked = hybrid.retrieve(stage.queries, K, stage.queries.history)
    hit_rate, ndcg = figures_of(ranked, stage.case.wanted)
    row: Row = {
        "model": NAME,
        "history": LEFT_OUT,
        f"hr@{K}": hit_rate,
        f"ndcg@{K}": ndcg,
        "validation_ndcg": chosen.ndcg,
        "fit_s": fitted - began,
        "score_s": time.perf_counter() - fitted,
        "settings": chosen.settings,
    }
    return [row]


def choose(sequences: Sequence[NDArray[np.int32]], catalogue: pl.DataFrame | None) -> Chosen:
    """Learn rankers on training items, and return what finds the validation items best."""
    shelves = [_past(sequences, catalogue, later) for later in range(2, 2 + max(TARGETS))]
    validation = Stage.of(Case.of(sequences, 1, catalogue))
    users = np.sort(np.random.default_rng(SEED).permutation(len(sequences))[:ASKED])
    queries, candidates = validation.gathered(users)
    console.print(f"{len(candidates) / len(users):.0f} candidates a user", highlight=False)
    tried = []
    for targets in TARGETS:
        cut = fit_pruner(validation.names, shelves[:targets])
        for settings in RANKERS:
            ranker = _ranker(RankerConfig.parse(settings), shelves[:targets], cut)
            hybrid = Hybrid(validation.names, validation.sources, cut, validation.state, ranker)
            assert queries.profiles is not None
            scored = Scored(candidates, hybrid.score(queries.profiles, candidates))
            _, ndcg = figures_of(first(scored, K), validation.case.wanted[users])
            said = ", ".join(f"{name}={value}" for name, value in {"targets": targets, **settings}.items())
            console.print(f"validation NDCG@{K} {ndcg:.4f}  {said}", highlight=False)
            tried.append(Chosen(hybrid, said, ndcg))
    return max(tried, key=lambda one: one.ndcg)


def with_profiles(queries: QueryBatch) -> QueryBatch:
    """Return queries with purchases as their profiles, a day from step to step."""
    history = queries.history
    after = history.indptr[1:][history.queries] - np.arange(len(history.items))
    nothing = np.full(len(history.items), np.nan, np.float32)
    profiles = Profiles(
        indptr=history.indptr,
        item=history.items,
        kind=np.full(len(history.items), KIND_CODES[EventKind.PURCHASE], np.int8),
        rating=nothing,
        price=nothing,
        timestamp=queries.now - after * DAY,
        now=np.full(len(queries), queries.now),
    )
    return replace(queries, profiles=profiles)


def _possible(source: Proposes, case: Case) -> bool:
    return source.model != "content" or case.train.catalogue is not None


def _fitted(source: Proposes, case: Case) -> Source:
    kind = by_name(source.model)
    return Source(kind(kind.config_type.parse(source.settings)).fit(case.train, seed=SEED), source.quota)


def _past(sequences: Sequence[NDArray[np.int32]], catalogue: pl.DataFrame | None, later: int) -> PastShelves:
    """Return the shelves for the item with so many later ones, of those who have something before it."""
    long = [sequence for sequence in sequences if len(sequence) > later + 1]
    return Stage.of(Case.of(long, later, catalogue)).shelves()


def _ranker(config: RankerConfig, shelves: list[PastShelves], cut: Any) -> Ranker | None:
    """Learn a ranker as `aisle train` does."""
    recipe = Recipe(parts={}, weights=Weights(), seed=SEED)
    names = shelves[0].candidates.sources
    return fit_ranker(recipe, HybridConfig(ranker=config), cut, shelves) if names else None


if __name__ == "__main__":
    main()
