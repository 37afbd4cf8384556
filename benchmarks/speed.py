"""Seconds to fit and to score of every model, beside implicit, scikit-learn and Surprise in the same run.

    python -m benchmarks.speed FOLDER… [--json FILE] [--models als,svd,…]

A folder holds `train.txt` and `test.txt`, one user a line: `user item item …`, for the models that rank; or `u1.base`,
`u1.test`, …, each line `user item rating timestamp`, for those that predict stars. Models run with their default
settings, unless `settings` says otherwise, and peers with as many factors, iterations and neighbours. `score_s` is 20
items each, without those of the training, for about 5,000 of the users with test items; or the stars of all test pairs.

The two sides take turns. `times_faster` is the median of the turns' ratios of all seconds, beside the least and the
most; where a peer has no score of its own, of the seconds to fit.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Config
from aisle.recommenders.catalog import NAMES, by_name
from aisle.recommenders.implicit.als import ALSConfig
from aisle.recommenders.implicit.graph_filter import GraphFilterConfig
from aisle.recommenders.implicit.item_knn import ItemKNNConfig
from aisle.shop.errors import AisleError
from benchmarks import ratings
from benchmarks.folds import Fold, read_folds
from benchmarks.peers import Peer, Seconds, Task, implicit_als, implicit_knn, sklearn_neighbours, sklearn_svd
from benchmarks.splits import Split, interactions, queries

N: Final = 20
SEED: Final = 0
TURNS: Final = 3
PATIENCE: Final = 20.0
"""Whatever took so many seconds in one turn gets no other."""
ASKED: Final = 5000
FOLDS: Final = 3

_ALS: Final = ALSConfig(factors=64, iterations=15)
_COSINE: Final = ItemKNNConfig(similarity="cosine", alpha=0.5)
_TFIDF: Final = ItemKNNConfig(similarity="tfidf", alpha=0.5)
_BM25: Final = ItemKNNConfig(similarity="bm25")
_FILTER: Final = GraphFilterConfig(rank=256)

Contest = tuple[Config, Peer | None]
CONTESTS: Final[dict[str, Sequence[Contest]]] = {
    "als": [(_ALS, implicit_als(_ALS))],
    "graph_filter": [(_FILTER, sklearn_svd(_FILTER))],
    "item_knn": [
        (_COSINE, implicit_knn("CosineRecommender", _COSINE)),
        (_TFIDF, implicit_knn("TFIDFRecommender", _TFIDF)),
        (_BM25, implicit_knn("BM25Recommender", _BM25)),
        (_COSINE, sklearn_neighbours(_COSINE)),
    ],
}
"""A model that ranks, and the one of another library that does the like; whatever is not here has no counterpart."""

Row = dict[str, str | float]

console = Console(stderr=True)


def main() -> None:
    """Read the folders, measure every model, print the table and write the file."""
    arguments = _arguments()
    rows = [row for folder in arguments.folders for row in _rows(folder, arguments.models)]
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+", help="train.txt and test.txt, or u1.base, …")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--models", type=_names, default=NAMES, help=f"any of {','.join(NAMES)}; default: all")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f"there is no {name!r}; choose of {', '.join(NAMES)}")
    return names


def _rows(folder: Path, models: Iterable[str]) -> Iterator[Row]:
    """Measure what a folder has the data for."""
    if (folder / "train.txt").exists():
        task = _task(folder)
        for name in models:
            if not issubclass(by_name(name), PredictsRatings):
                yield from ({"data": folder.name, **row} for row in ranking_rows(name, task))
    elif (folder / "u1.base").exists():
        folds = read_folds(folder)[:FOLDS]
        for name in models:
            if issubclass(by_name(name), PredictsRatings):
                yield from ({"data": folder.name, **row} for row in rating_rows(name, folds))
    else:
        sys.exit(f"{folder} has neither train.txt nor u1.base")


def _task(folder: Path) -> Task:
    """Read a split, and load the kernels, which no row is to pay for."""
    split = Split.read(folder)
    task = Task(split, split.asked[:: max(1, len(split.asked) // ASKED)], N)
    _run("item_knn", _COSINE, task)
    return task


def ranking_rows(name: str, task: Task) -> Iterator[Row]:
    """Measure a model on who has what, beside each of its peers, turn by turn."""
    contests: list[Contest] = [(config, peer) for config, peer in CONTESTS.get(name, ()) if peer and _here(peer)]
    for config, peer in contests or [(by_name(name).config_type(), None)]:
        try:
            turns = list(_turns(name, config, peer, task))
        except AisleError as error:
            console.print(f"{name} is left out: {error}", highlight=False)
        else:
            yield _row(name, config, peer, turns)


def rating_rows(name: str, folds: list[Fold]) -> Iterator[Row]:
    """Measure a model that predicts stars, as `benchmarks.ratings` does, a turn for each fold."""
    own, *other = ratings.MODELS[name](folds)
    row = {"model": name, "fit_s": own["fit_s"], "score_s": own["predict_s"]}
    for peer in other:
        row |= {"peer": peer["model"], "peer_fit_s": peer["fit_s"], "peer_score_s": peer["predict_s"]}
        row |= {column: own[column] for column in own if column.startswith("times_faster")}
    yield row | {"settings": own["settings"]}


def _here(peer: Peer) -> bool:
    if not peer.installed:
        console.print(f"{peer.library} {peer.model} is left out: it is not installed (uv sync --group peers)")
    return peer.installed


def _turns(name: str, config: Config, peer: Peer | None, task: Task) -> Iterator[tuple[Seconds, Seconds | None]]:
    """Run ours and theirs in turn, until there are enough turns or they take too long; without a peer, once."""
    for _ in range(TURNS if peer else 1):
        start = time.perf_counter()
        yield _run(name, config, task), peer.run(task) if peer else None
        if time.perf_counter() - start > PATIENCE:
            return


def _run(name: str, config: Config, task: Task) -> Seconds:
    """Fit our model, and fill the shelves."""
    data, asked = interactions(task.split.train), queries(task.split.train).take(task.users)
    start = time.perf_counter()
    model = by_name(name)(config).fit(data, seed=SEED)
    fitted = time.perf_counter()
    model.retrieve(asked, task.n, asked.history)
    return Seconds(fitted - start, time.perf_counter() - fitted)


def _row(name: str, config: Config, peer: Peer | None, turns: Sequence[tuple[Seconds, Seconds | None]]) -> Row:
    """Return the medians of the turns."""
    own = [ours for ours, _ in turns]
    row: Row = {"model": name, "fit_s": _median(own, 0), "score_s": _median(own, 1)}
    other = [theirs for _, theirs in turns if theirs]
    if peer:
        row |= {"peer": f"{peer.library} {peer.model}", "peer_fit_s": _median(other, 0)}
        if all(one.score is not None for one in other):
            row |= {"peer_score_s": _median(other, 1)}
        ratios = sorted(_ratio(ours, theirs) for ours, theirs in zip(own, other, strict=True))
        row |= {
            "times_faster": statistics.median(ratios),
            "times_faster_least": ratios[0],
            "times_faster_most": ratios[-1],
        }
    usual = type(config)().plain()
    changed = {setting: value for setting, value in config.plain().items() if value != usual[setting]}
    console.print(f"{name}: {row['fit_s']:.2f} + {row['score_s']:.2f} s", row.get("peer", ""), highlight=False)
    return row | {"settings": ", ".join(f"{setting}={value}" for setting, value in changed.items())}


def _median(turns: Sequence[Seconds], which: int) -> float:
    return statistics.median(turn[which] or 0.0 for turn in turns)


def _ratio(ours: Seconds, theirs: Seconds) -> float:
    """Return how many times as long theirs takes, for as much of the work as both do."""
    if theirs.score is None or ours.score is None:
        return theirs.fit / ours.fit
    return (theirs.fit + theirs.score) / (ours.fit + ours.score)


def _table(rows: list[Row]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 0, 0, 1))
    table.add_column("model", no_wrap=True)
    table.add_column("peer", overflow="fold")
    for heading in (*_FIGURES, "times faster"):
        table.add_column(heading, justify="right")
    for row in rows:
        seconds = (f"{row[name]:.2f}" if name in row else "" for name in _FIGURES.values())
        table.add_row(str(row["model"]), str(row.get("peer", "")), *seconds, _spread(row) if "peer" in row else "")
    return table


def _spread(row: Row) -> str:
    return f"{row['times_faster']:.1f} ({row['times_faster_least']:.1f}–{row['times_faster_most']:.1f})"


_FIGURES: Final = {"fit s": "fit_s", "score s": "score_s", "peer fit": "peer_fit_s", "score": "peer_score_s"}
"""The headings of seconds, each with its place in a row."""


if __name__ == "__main__":
    main()
