"""The next click of anonymous sessions, all items ranked: Recall@20, MRR@20 and how long one answer takes.

    python -m benchmarks.sessions FOLDER [--json FILE]

FOLDER holds tab-separated files `SessionId ItemId Time` with a header, named as session-rec does: `…train_full.txt` and
`…test.txt`, and `…train_tr.txt` and `…train_valid.txt`, on which settings are chosen. Every click after the first of a
test session is to be found from the clicks before it; items that are not in the training data are skipped, and no item
is excluded. `selected` marks the model that validation chose. `p50_ms` and `p90_ms` are whole answers of 20 items to
single queries, one after another in one thread.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.sequential.sequential_rules import SequentialRules, SequentialRulesConfig
from aisle.recommenders.sequential.session_knn import SessionKNN, SessionKNNConfig
from aisle.shop.moments import SECOND
from benchmarks.data.ordered import interactions, queries
from benchmarks.shared.rows import Row, finish, options, say, timed
from benchmarks.shared.settings import described

K: Final = 20
SEED: Final = 0
SINGLE: Final = 1000
"""How many queries are timed one by one."""

MODELS: Final[dict[str, Sequence[Recommender[Any]]]] = {
    "popularity": [Popularity(PopularityConfig(window_days=days)) for days in (1.0, 7.0, None)],
    "sequential rules": [
        SequentialRules(
            SequentialRulesConfig(by="session", distance_power=power, confidence=confidence, decay=decay, repeats=True)
        )
        for power, confidence, decay in product((1.0, 2.0), (0.5, 1.0), (0.1, 0.3, 0.5))
    ],
    "session kNN": [
        SessionKNN(SessionKNNConfig(neighbours=neighbours, decay=decay, distance_decay=distance_decay, rarity=rarity))
        for neighbours, decay, distance_decay, rarity in product((200, 500), (0.3, 0.5), (0.3, 0.5, 0.7), (0.0, 0.5))
    ],
}
"""The settings of each model to choose from."""


@dataclass(frozen=True, eq=False)
class Split:
    """Training data, and every next click with the clicks before it in its session."""

    train: Interactions
    queries: QueryBatch
    wanted: ItemLists


def main() -> None:
    """Choose settings on validation, then measure every model."""
    parser = options("sessions", __doc__)
    parser.add_argument("folder", type=Path, help="holds …train_full.txt, …test.txt, …train_tr.txt, …train_valid.txt")
    arguments = parser.parse_args()
    validation = _read(arguments.folder, "train_tr", "train_valid")
    test = _read(arguments.folder, "train_full", "test")
    say(f"{test.train.shape[1]} items, {len(test.train.log)} training clicks, {len(test.wanted)} to find")
    chosen = {name: _choose(models, validation) for name, models in MODELS.items()}
    winner = max(chosen, key=lambda name: chosen[name][0])
    rows = [_row(name, model, test) | {"selected": name == winner} for name, (_, model) in chosen.items()]
    finish(rows, arguments.json)


def _read(folder: Path, train_name: str, test_name: str) -> Split:
    """Read two files of a folder; items are numbered as they appear in the training data."""
    train, test = _clicks(folder, train_name), _clicks(folder, test_name)
    ids = train["ItemId"].unique(maintain_order=True)
    numbers = pl.DataFrame({"ItemId": ids, "item": np.arange(len(ids), dtype=np.int32)})
    owner = train["SessionId"].rank("dense").to_numpy().astype(np.int32) - 1
    item = train.join(numbers, on="ItemId", maintain_order="left")["item"].to_numpy()
    moment = (train["Time"].to_numpy() * SECOND).astype(np.int64)
    data = interactions(owner, item, moment, (int(owner.max()) + 1, len(ids)))
    known = test.join(numbers, on="ItemId", maintain_order="left")
    sessions = known.group_by("SessionId", maintain_order=True).agg("item")["item"].to_list()
    histories, wanted = _next_clicks(sessions)
    return Split(data, queries(histories, data.now), wanted)


def _clicks(folder: Path, name: str) -> pl.DataFrame:
    """Read the file whose name ends so, sessions and their clicks in the order of time."""
    paths = sorted(folder.glob(f"*{name}.txt"))
    if len(paths) != 1:
        sys.exit(f"{folder} holds {len(paths)} files *{name}.txt; put one there, SessionId ItemId Time with a header")
    try:
        clicks = pl.read_csv(paths[0], separator="\t", schema_overrides={"Time": pl.Float64})
        return clicks.select("SessionId", "ItemId", "Time").sort("SessionId", "Time", maintain_order=True)
    except pl.exceptions.PolarsError as error:
        sys.exit(f"{paths[0]}: {str(error).splitlines()[0]}; write SessionId, ItemId and Time with tabs and a header")


def _next_clicks(sessions: Sequence[Sequence[int]]) -> tuple[ItemLists, ItemLists]:
    """Return the clicks before each click but the first, with every item at its last place, and that click."""
    histories, wanted = [], []
    for session in sessions:
        before: dict[int, None] = {}
        for item, following in pairwise(session):
            before.pop(item, None)
            before[item] = None
            histories.append(list(before))
            wanted.append(following)
    indptr = np.cumsum([0, *map(len, histories)])
    items = np.fromiter((item for history in histories for item in history), np.int32, indptr[-1])
    return ItemLists(indptr, items), ItemLists(np.arange(len(wanted) + 1), np.array(wanted, np.int32))


def _choose(models: Sequence[Recommender[Any]], validation: Split) -> tuple[float, Recommender[Any]]:
    """Return the best MRR on validation and the model that reached it."""
    ranks = []
    for model in models:
        recall, rank = _figures(model.fit(validation.train, seed=SEED), validation)
        settings = described(model.config.plain())
        say(f"validation Recall@{K} {recall:.4f} MRR@{K} {rank:.4f}  {model.name} {settings}")
        ranks.append(rank)
    return max(ranks), models[int(np.argmax(ranks))]


def _figures(model: Recommender[Any], split: Split) -> tuple[float, float]:
    """Return Recall@20 and MRR@20."""
    hits = ranking.find_hits(model.retrieve(split.queries, K).items, split.wanted.indptr, split.wanted.items)
    return ranking.mean(ranking.recall(hits, K)), ranking.mean(ranking.reciprocal_rank(hits, K))


def _row(name: str, model: Recommender[Any], test: Split) -> Row:
    """Fit on the whole training data and find the test clicks."""
    _, fit_s = timed(lambda: model.fit(test.train, seed=SEED))
    (recall, rank), score_s = timed(lambda: _figures(model, test))
    p50, p90 = np.percentile(_single_ms(model, test.queries), (50, 90))
    return {
        "model": name,
        f"recall@{K}": recall,
        f"mrr@{K}": rank,
        "fit_s": fit_s,
        "score_s": score_s,
        "p50_ms": float(p50),
        "p90_ms": float(p90),
        "settings": described(model.config.plain()),
    }


def _single_ms(model: Recommender[Any], queries: QueryBatch) -> NDArray[np.float64]:
    """Return the milliseconds of some single queries."""
    seconds = []
    for row in np.linspace(0, len(queries) - 1, SINGLE).astype(int):
        query = queries.slice(row, row + 1)
        start = time.perf_counter()
        model.retrieve(query, K)
        seconds.append(time.perf_counter() - start)
    return 1000 * np.array(seconds)


if __name__ == "__main__":
    main()
