"""What each shopper takes next, by the hybrid: HR@10 and NDCG@10 on sequences without dates.

    python -m benchmarks.sequences_hybrid FOLDER [--json FILE]

The folder, the targets and the figures are those of `benchmarks.sequences`. The hybrid is the product's own: sources
propose, the pruner keeps the likeliest candidates, and the ranker orders them by the product's features, in which a
step of a sequence stands for a day. The ranker learns to find the last training items, with sources that were fitted
without them. How many of these of each user it learns from, and how its trees grow, is chosen by the NDCG of validation
items, with sources fitted on what came before them. For the test, sources are fitted once more, on all but the last two
items of each sequence; the ranker stays. Validation items are history then, never training targets. A user's own items
are excluded from the ranking. The settings of the sources are those that each did best with alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.training.fitting import PastShelves, fit_pruner, fit_ranker
from aisle.engine.ranking.candidates import Candidates, Source, gather
from aisle.engine.ranking.hybrid import NAME, Hybrid, HybridConfig, Scored, first
from aisle.engine.recipe import Recipe
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import NoSettings
from aisle.recommenders.catalog import by_name
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY
from benchmarks.data import attributes
from benchmarks.data.sequences import EXCLUDED, Case, K, hits_and_ndcg, read
from benchmarks.shared.rows import Row, finish, options, say, timed
from benchmarks.shared.settings import described, grid

SEED: Final = 0
VALIDATION_USERS: Final = 6000
"""So many users, drawn at random, are enough to choose a ranker."""


class Proposer(NamedTuple):
    """A source: a model, how many candidates it may propose, and its settings other than defaults."""

    model: str
    quota: int
    settings: Mapping[str, Any]


SOURCES: Final = {
    "sequential_rules": Proposer(
        "sequential_rules", 80, {"by": "user", "window": 50, "distance_power": 0.5, "confidence": 0.5, "decay": 0.6}
    ),
    "rules of the last item": Proposer(
        "sequential_rules", 40, {"by": "user", "window": 10, "distance_power": 1.0, "confidence": 0.5, "decay": 0.01}
    ),
    "session_knn": Proposer(
        "session_knn",
        80,
        {"by": "user", "candidates": 2000, "neighbours": 1000, "distance_decay": 0.8, "before": 0.3, "rarity": 0.5},
    ),
    "ease": Proposer("ease", 50, {"regularization": 100.0, "dense_items": 0, "recency": 0.6}),
    "item_knn": Proposer("item_knn", 30, {"neighbours": 500}),
    "graph_filter": Proposer("graph_filter", 30, {}),
    "content": Proposer("content", 40, {"content_share": 0.1}),
    "popularity": Proposer("popularity", 10, {"window_days": None}),
}
"""The sources by name."""

TARGETS: Final = (1, 2)
"""From so many last training items of each user the ranker may learn, each found by sources fitted without it."""

RANKERS: Final = grid(trees=[150], forests=[1], learning_rate=[0.05], leaves=[15, 31])
"""The settings of the ranker to choose from."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A case, with everything that was fitted on its training data."""

    case: Case
    queries: QueryBatch
    sources: dict[str, Source]
    state: ItemState

    @classmethod
    def of(cls, case: Case) -> "Stage":
        """Fit the sources; `content` only if there are attributes."""
        proposers = {name: proposer for name, proposer in SOURCES.items() if _possible(proposer, case)}
        sources = {name: _source(proposer, case) for name, proposer in proposers.items()}
        say(f"{len(sources)} sources fitted to {len(case.train.log)} steps")
        state = ItemState(NoSettings()).fit(case.train)
        return cls(case, with_profiles(case.queries), sources, state)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sources."""
        return tuple(self.sources)

    def gathered(self, users: NDArray[np.intp]) -> tuple[QueryBatch, Candidates]:
        """Return the queries of some users, and their candidates."""
        queries = self.queries.take(users)
        return queries, gather(self.sources, queries, queries.history)

    def shelves(self) -> PastShelves:
        """Return the candidates of the users whose target is among them; from others there is nothing to learn."""
        candidates = gather(self.sources, self.queries, self.queries.history)
        is_target = candidates.lists.items == self.case.target[candidates.lists.queries]
        users = candidates.lists.queries[is_target]
        rows = np.isin(candidates.lists.queries, users)
        lists = candidates.lists.take(users)
        kept = Candidates(lists, candidates.sources, candidates.scores[rows], candidates.ranks[rows])
        assert self.queries.profiles is not None
        gains = is_target[rows].astype(np.float32)
        return PastShelves.of(kept, self.queries.profiles.take(users), self.state, gains)


class Trial(NamedTuple):
    """A hybrid, the settings of its ranker, and the NDCG@10 of its validation items."""

    hybrid: Hybrid
    settings: str
    ndcg: float


def main() -> None:
    """Choose a ranker on validation, and measure it on the test."""
    parser = options("sequences_hybrid", __doc__)
    parser.add_argument("folder", type=Path, help="holds sequences.txt and item_attributes.json")
    arguments = parser.parse_args()
    ids, sequences = read(arguments.folder)
    catalogue = attributes.read(arguments.folder, ids)
    best = choose(sequences, catalogue)
    stage, fit_s = timed(lambda: Stage.of(Case.of(sequences, 0, catalogue)))
    hybrid = replace(best.hybrid, sources=stage.sources, state=stage.state)
    ranked, score_s = timed(lambda: hybrid.retrieve(stage.queries, K, stage.queries.history))
    hit_rate, ndcg = hits_and_ndcg(ranked, stage.case.target)
    row: Row = {
        "model": NAME,
        "history": EXCLUDED,
        f"hr@{K}": hit_rate,
        f"ndcg@{K}": ndcg,
        "validation_ndcg": best.ndcg,
        "fit_s": fit_s,
        "score_s": score_s,
        "settings": best.settings,
    }
    finish([row], arguments.json)


def choose(sequences: Sequence[NDArray[np.int32]], catalogue: pl.DataFrame | None) -> Trial:
    """Learn rankers on training items, and return the one that finds the validation items best."""
    shelves = [_past(sequences, catalogue, later) for later in range(2, 2 + max(TARGETS))]
    validation = Stage.of(Case.of(sequences, 1, catalogue))
    users = np.sort(np.random.default_rng(SEED).permutation(len(sequences))[:VALIDATION_USERS])
    queries, candidates = validation.gathered(users)
    say(f"{len(candidates) / len(users):.0f} candidates a user")
    trials = []
    for targets in TARGETS:
        pruner = fit_pruner(validation.names, shelves[:targets])
        for settings in RANKERS:
            ranker = _ranker(RankerConfig.parse(settings), shelves[:targets])
            hybrid = Hybrid(validation.names, validation.sources, pruner, validation.state, ranker)
            assert queries.profiles is not None
            scored = Scored(candidates, hybrid.score(queries.profiles, candidates))
            _, ndcg = hits_and_ndcg(first(scored, K), validation.case.target[users])
            text = described({"targets": targets, **settings})
            say(f"validation NDCG@{K} {ndcg:.4f}  {text}")
            trials.append(Trial(hybrid, text, ndcg))
    return max(trials, key=lambda trial: trial.ndcg)


def with_profiles(queries: QueryBatch) -> QueryBatch:
    """Return queries whose profiles are purchases, a day from step to step."""
    history = queries.history
    after = history.indptr[1:][history.queries] - np.arange(len(history.items))
    unknown = np.full(len(history.items), np.nan, np.float32)
    profiles = Profiles(
        indptr=history.indptr,
        item=history.items,
        kind=np.full(len(history.items), KIND_CODES[EventKind.PURCHASE], np.int8),
        rating=unknown,
        price=unknown,
        timestamp=queries.now - after * DAY,
        now=np.full(len(queries), queries.now),
    )
    return replace(queries, profiles=profiles)


def _possible(proposer: Proposer, case: Case) -> bool:
    return proposer.model != "content" or case.train.catalogue is not None


def _source(proposer: Proposer, case: Case) -> Source:
    model = by_name(proposer.model)
    return Source(model(model.config_type.parse(proposer.settings)).fit(case.train, seed=SEED), proposer.quota)


def _past(sequences: Sequence[NDArray[np.int32]], catalogue: pl.DataFrame | None, later: int) -> PastShelves:
    """Return the shelves for the items with so many later ones, of the users who have a history before them."""
    long = [sequence for sequence in sequences if len(sequence) > later + 1]
    return Stage.of(Case.of(long, later, catalogue)).shelves()


def _ranker(config: RankerConfig, shelves: list[PastShelves]) -> Ranker:
    """Learn a ranker as `aisle train` does."""
    recipe = Recipe(parts={}, weights=Weights(), seed=SEED)
    return fit_ranker(recipe, HybridConfig(ranker=config), shelves)


if __name__ == "__main__":
    main()
