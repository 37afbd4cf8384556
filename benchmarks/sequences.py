"""What each shopper takes next, all items ranked: HR@10 and NDCG@10 on sequences without dates.

    python -m benchmarks.sequences FOLDER [--hybrid] [--json FILE]

FOLDER holds `sequences.txt`, one user a line, oldest first: `user item item …`; users with fewer than three items are
left out. Where `item_attributes.json` lies beside it, items have these attribute ids as tags. The last item of each is
the test, the one before it validation. Settings and the weights of the blend are chosen by the NDCG of validation
items, with models fitted on what came before. The final fit learns from all but the last two items, and its queries
hold all but the last: validation items are history, never training targets. `history` says whether a user's own items
were ranked with all others or left out. `selected` marks the one row that validation chose.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from aisle.metrics import ranking
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import NAMES, by_name
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.shop.moments import DAY
from benchmarks import attributes
from benchmarks.ordered import interactions, queries

K: Final = 10
SEED: Final = 0
LAST_DAY: Final = 20_000 * DAY
"""The sequences have no dates: all are made to end together, a day from step to step."""
RANKED: Final = "ranked"
LEFT_OUT: Final = "left out"
HISTORIES: Final = (RANKED, LEFT_OUT)

Row = dict[str, str | bool | float]

console = Console(stderr=True, soft_wrap=True)


def grid(**values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return every combination of settings."""
    return [dict(zip(values, combination, strict=True)) for combination in product(*values.values())]


CANDIDATES: Final = {
    "popularity": grid(window_days=[None]),
    "sequential_rules": grid(window=[5, 50], distance_power=[0.5, 1.0], confidence=[0.25, 0.5], decay=[0.5, 0.6]),
    "item_knn": grid(neighbours=[500]),
    "ease": grid(regularization=[100.0], dense_items=[0], recency=[0.4, 0.6]),
    "content": grid(content_share=[0.1, 0.3]),
    "session_knn": grid(
        by=["user"], candidates=[2000], neighbours=[1000], distance_decay=[0.6, 0.8], before=[0.1, 0.3], rarity=[0.5]
    ),
}
"""The models, and what is tried of each."""

MIXTURES: Final[Sequence[tuple[tuple[str, ...], tuple[float, ...] | None]]] = (
    (("sequential_rules", "ease"), (1.0, 0.5)),
    (("sequential_rules", "ease", "item_knn"), (1.0, 0.5, 0.3)),
    (("sequential_rules", "ease", "item_knn"), (1.0, 1.0, 0.5)),
    (("sequential_rules", "session_knn", "ease", "item_knn"), (1.0, 0.5, 0.5, 0.3)),
    (("sequential_rules", "session_knn", "ease", "item_knn"), None),
)
"""The blends that are tried, of the models as they did best, and their weights; None: the blend learns its own."""


@dataclass(frozen=True, eq=False)
class Case:
    """What is learnt, what is asked, and the one item that each user is to find, (users,)."""

    train: Interactions
    queries: QueryBatch
    wanted: NDArray[np.int32]

    @classmethod
    def of(cls, sequences: Sequence[NDArray[np.int32]], later: int, catalogue: pl.DataFrame | None) -> "Case":
        """Ask for the item with so many later ones in its sequence; the one before it is history and not learnt."""
        items = 1 + max(int(sequence.max()) for sequence in sequences)
        learnt = [sequence[: -2 - later] for sequence in sequences]
        sizes = np.array([len(sequence) for sequence in learnt])
        owner = np.repeat(np.arange(len(learnt), dtype=np.int32), sizes)
        days = np.concatenate([np.arange(-size, 0) for size in sizes])
        train = interactions(owner, np.concatenate(learnt), LAST_DAY + days * DAY, (len(learnt), items))
        histories = [sequence[: -1 - later] for sequence in sequences]
        indptr = np.cumsum([0, *map(len, histories)])
        asked = queries(ItemLists(indptr, np.concatenate(histories)), train.now)
        return cls(
            replace(train, catalogue=catalogue), asked, np.array([sequence[-1 - later] for sequence in sequences])
        )

    def judge(self, model: Recommender[Any], history: str) -> tuple[float, float]:
        """Return HR@10 and NDCG@10 of a fitted model."""
        exclude = self.queries.history if history == LEFT_OUT else None
        return figures_of(model.retrieve(self.queries, K, exclude), self.wanted)


def figures_of(ranked: Ranked, wanted: NDArray[np.int32]) -> tuple[float, float]:
    """Return HR@10 and NDCG@10 of ranked items, of which each user wanted one, (users,)."""
    hits = ranking.find_hits(ranked.items, np.arange(len(wanted) + 1), wanted)
    return ranking.mean(ranking.hit_rate(hits, K)), ranking.mean(ranking.ndcg(hits, K))


class Tried(NamedTuple):
    """A model and the NDCG@10 of its validation items."""

    model: Recommender[Any]
    ndcg: float


def main() -> None:
    """Read the folder, measure with history ranked and left out, print the table and write the file."""
    arguments = _arguments()
    if arguments.hybrid:
        from benchmarks import sequences_hybrid

        show(sequences_hybrid.measure(arguments.folder), arguments.json)
        return
    ids, sequences = read(arguments.folder)
    catalogue = attributes.read(arguments.folder, ids)
    validation, test = (Case.of(sequences, later, catalogue) for later in (1, 0))
    console.print(f"{test.train.shape[0]} users, {test.train.shape[1]} items, {len(test.train.log)} training pairs")
    names = [name for name in CANDIDATES if _there(name) and not (name == "content" and catalogue is None)]
    tried = {name: _try(_models(name), validation, HISTORIES) for name in names}
    best = {history: {name: max(tried[name][history], key=_ndcg) for name in names} for history in HISTORIES}
    if _there("blend"):
        for history, chosen in best.items():
            chosen["blend"] = max(_try(_blends(chosen), validation, [history])[history], key=_ndcg)
    winner = max((one for chosen in best.values() for one in chosen.values()), key=_ndcg)
    rows = [
        _row(name, one, history, test) | {"selected": one is winner}
        for history, chosen in best.items()
        for name, one in chosen.items()
    ]
    show(rows, arguments.json)


def show(rows: Sequence[Row], file: Path | None) -> None:
    """Print the table of the rows and write the file, if there is to be one."""
    Console().print(_table(rows))
    if file:
        file.write_bytes(msgspec.json.encode({"rows": rows}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequences", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds sequences.txt")
    parser.add_argument("--hybrid", action="store_true", help="measure the hybrid and its sources")
    parser.add_argument("--json", type=Path, help="write the rows here")
    return parser.parse_args()


def read(folder: Path) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Return the ids of the items in `sequences.txt`, and its sequences, in which items are numbered from 0."""
    path = folder / "sequences.txt"
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; name a folder with sequences.txt, one user a line, oldest item first")
    sequences = [np.array(line.split()[1:], np.int64) for line in lines]
    sequences = [sequence for sequence in sequences if len(sequence) >= 3]
    if not sequences:
        sys.exit(f"{path} has no user with three items; write one user a line, oldest item first")
    ids = np.unique(np.concatenate(sequences))
    return ids, [np.searchsorted(ids, sequence).astype(np.int32) for sequence in sequences]


def _there(name: str) -> bool:
    """Whether the catalogue has a model."""
    if name not in NAMES:
        console.print(f"{name} is left out: this version of Aisle has no such model")
    return name in NAMES


def _models(name: str) -> list[Recommender[Any]]:
    kind = by_name(name)
    return [kind(kind.config_type.parse(settings)) for settings in CANDIDATES[name]]


def _blends(chosen: Mapping[str, Tried]) -> list[Recommender[Any]]:
    """Return blends of what did best of each model."""
    kind = by_name("blend")
    blends = []
    for names, weights in MIXTURES:
        if chosen.keys() >= set(names):
            members = [{"name": name, "settings": chosen[name].model.config.plain()} for name in names]
            blends.append(kind(kind.config_type.parse({"members": members, "weights": weights})))
    return blends


def _try(models: Sequence[Recommender[Any]], validation: Case, histories: Sequence[str]) -> dict[str, list[Tried]]:
    """Return how each model does on validation, for each way to treat the history."""
    tried: dict[str, list[Tried]] = {history: [] for history in histories}
    for model in models:
        model.fit(validation.train, seed=SEED)
        for history in histories:
            hit_rate, ndcg = validation.judge(model, history)
            figures = f"validation HR@{K} {hit_rate:.4f} NDCG@{K} {ndcg:.4f}"
            console.print(f"{figures}  history {history}  {model.name} {_settings(model)}", highlight=False)
            tried[history].append(Tried(model, ndcg))
    return tried


def _ndcg(tried: Tried) -> float:
    return tried.ndcg


def _settings(model: Recommender[Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in model.config.plain().items())


def _row(name: str, tried: Tried, history: str, test: Case) -> Row:
    """Fit the final model and find the last items."""
    start = time.perf_counter()
    tried.model.fit(test.train, seed=SEED)
    fitted = time.perf_counter()
    hit_rate, ndcg = test.judge(tried.model, history)
    return {
        "model": name,
        "history": history,
        f"hr@{K}": hit_rate,
        f"ndcg@{K}": ndcg,
        "validation_ndcg": tried.ndcg,
        "fit_s": fitted - start,
        "score_s": time.perf_counter() - fitted,
        "settings": _settings(tried.model),
    }


def _table(rows: Sequence[Row]) -> Table:
    table = Table("model", "history", "selected")
    figures = (f"hr@{K}", f"ndcg@{K}", "validation_ndcg", "fit_s", "score_s")
    for name in figures:
        table.add_column(name, justify="right")
    for row in rows:
        shown = (f"{row[name]:.4f}" if name in row else "" for name in figures)
        table.add_row(str(row["model"]), str(row["history"]), "*" if row.get("selected") else "", *shown)
    return table


if __name__ == "__main__":
    main()
