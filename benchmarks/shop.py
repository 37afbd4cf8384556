"""What each customer of a real shop buys in the next four weeks, beside peers tuned on the four weeks before those.

    python -m benchmarks.shop FOLDER [--json FILE] [--models own,als,hybrid,…]

FOLDER holds an order log in the format `online-retail`. The last four weeks are the test: a model learns from all that
came before them and ranks all items known by then. ALL counts every purchase, NOVEL only items new to the customer,
with those bought before left out of the ranking. Customers without a history get last month's bestsellers of every
peer; `returning` leaves these customers out. Peers learn from the number of order lines of each pair; their settings
are chosen on the four weeks before the test, once for ALL and once for NOVEL, and `chosen for` says which. `times` is
a figure against that of the best peer whose settings were chosen for it. Models of Aisle run as they come: `hybrid` is
what `aisle train` fits.
"""

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from aisle.app.data.importing import import_files
from aisle.app.data.setup import make_shop
from aisle.app.data.tables import read_tables
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import TrainingBudget
from aisle.app.training.measuring import held_out, measure
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import Recipe
from aisle.evaluation.evaluate import Evaluation, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.ingest.plan import Plan
from aisle.prepare.split import Window
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import topn
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage.connection import connect

N: Final = 20
SEED: Final = 0
OURS: Final = ("popularity", "als", "item_knn", "graph_filter", "audience", "hybrid")
PEERS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "own most bought": ({},),
    "AlternatingLeastSquares": tuple(
        {"factors": factors, "alpha": alpha, "regularization": ridge, "iterations": 15, "random_state": SEED}
        for factors, alpha, ridge in product((32, 64, 128), (1, 5), (0.05, 1.0))
    ),
    "BM25Recommender": tuple({"K": k, "B": b} for k, b in product((100, 300, 1000), (0.2, 0.5, 0.8))),
    "CosineRecommender": tuple({"K": k} for k in (20, 100, 300)),
}
"""The settings that each peer is tried with."""

Row = dict[str, str | bool | float]
console = Console(stderr=True)


class Peer:
    """A library's ranking of the customers of one holdout, those it does not know left open.

    Parameters
    ----------
    scores
        (customers, items); NaN in the rows of customers that it does not know.
    """

    def __init__(self, scores: NDArray[np.float32]) -> None:
        self._scores = scores

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Rank for all customers of the holdout, in its order."""
        if len(queries) != len(self._scores):
            raise ValueError(f"{len(queries)} queries of a holdout of {len(self._scores)} customers")
        return topn(self._scores, n, exclude)


def main() -> None:
    """Import the log, measure every model, print the table and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shop", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds an order log in the format online-retail")
    parser.add_argument("--json", type=Path, help="write the rows here")
    known = (*PEERS, *OURS)
    parser.add_argument("--models", type=lambda text: text.split(","), default=known, help=f"any of {', '.join(known)}")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measured(arguments.folder, Path(folder), arguments.models))
    Console().print(table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def measured(data: Path, folder: Path, models: Sequence[str]) -> Iterator[Row]:
    """Yield a row per model, peers first, and how the hybrid compares with the best of them."""
    make_shop(folder)
    settings = Settings.read(folder)
    with connect(settings.database_url) as db:
        import_files(db, sorted(data.glob("*.csv*")), Plan(format="online-retail"))
        tables = read_tables(db, settings)
    recipe = recipe_of(settings)
    test = held_out(tables, recipe)
    best = {"all": 0.0, "returning": 0.0, "novel": 0.0}
    for name in models:
        rows = peer_rows(name, tables.events, recipe, test) if name in PEERS else own_rows(settings, name, test)
        for row in rows:
            figures = {what: float(row[f"{what} ndcg"]) for what in best}
            if name in PEERS:
                # A peer counts with the settings that were chosen for the figure.
                goals = {what: "novel" if what == "novel" else "all" for what in best}
                counts = [what for what, goal in goals.items() if row["chosen for"] in (goal, "both")]
                best |= {what: max(best[what], figures[what]) for what in counts}
            elif best["all"]:
                row |= {f"{what} times": figures[what] / best[what] for what in best}
            yield row


def own_rows(settings: Settings, name: str, test: Holdout) -> Iterator[Row]:
    """Measure a model of ours as it comes."""
    found, evaluation = measure(recipe_of(settings, name), test, TrainingBudget())
    yield row_of(name, evaluation, found.fit_seconds)


def peer_rows(name: str, events: pl.DataFrame, recipe: Recipe, test: Holdout) -> Iterator[Row]:
    """Choose a peer's settings on the window before the test, for ALL and for NOVEL, and measure it on the test."""
    if name != "own most bought" and importlib.util.find_spec("implicit") is None:
        console.print(f"{name} is left out: implicit is not installed (uv sync --group peers)")
        return
    length = test.window.end - test.window.cut
    before = Window(test.window.cut - length, test.window.cut)
    validation = hold_out(events, recipe.weights, before)
    tried = [(one, peer_evaluation(name, one, validation)[0]) for one in PEERS[name]]
    goals: dict[str, Callable[[Evaluation], float]] = {"all": lambda one: one.report.all.ndcg, "novel": novel_ndcg}
    chosen = {goal: max(tried, key=lambda pair: figure(pair[1]))[0] for goal, figure in goals.items()}
    if chosen["all"] == chosen["novel"]:
        chosen = {"both": chosen["all"]}
    for goal, settings in chosen.items():
        evaluation, seconds = peer_evaluation(name, settings, test)
        row = row_of(name if name == "own most bought" else f"implicit {name}", evaluation, seconds)
        yield row | {"chosen for": goal, "settings": ", ".join(f"{key}={value}" for key, value in settings.items())}


def peer_evaluation(name: str, settings: dict[str, Any], holdout: Holdout) -> tuple[Evaluation, float]:
    """Fit a peer on the past of a holdout and ask it about the window; return the seconds of the fit, too."""
    counts = order_lines(holdout)
    known = np.flatnonzero(holdout.users != UNKNOWN)
    scores = np.full((len(holdout), counts.shape[1]), np.nan, np.float32)
    started = time.perf_counter()
    with threadpool_limits(limits=1, user_api="blas"):
        scores[known] = _scores(name, settings, counts, holdout.users[known])
    seconds = time.perf_counter() - started
    popular = Popularity(PopularityConfig(window_days=28.0)).fit(holdout.train, seed=SEED)
    return evaluate(Retrieval(Peer(scores), popular), holdout, N), seconds


def order_lines(holdout: Holdout) -> csr_matrix:
    """Return how many order lines each customer has of each item, (customers, items)."""
    log = holdout.train.log
    bought = (log.kind == KIND_CODES[EventKind.PURCHASE]) & (log.user != UNKNOWN)
    pairs = np.ones(int(bought.sum()), np.float32), (log.user[bought], log.item[bought])
    counts = csr_matrix(pairs, shape=holdout.train.shape)
    counts.sum_duplicates()
    return counts


def _scores(name: str, settings: dict[str, Any], counts: csr_matrix, users: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return a peer's scores of all items for some of the customers."""
    asked = counts[users]
    if name == "own most bought":
        dense: NDArray[np.float32] = asked.toarray()
        return np.where(dense > 0, dense, np.float32(np.nan))
    if name == "AlternatingLeastSquares":
        from implicit.cpu.als import AlternatingLeastSquares

        als = AlternatingLeastSquares(**settings)
        als.fit(counts, show_progress=False)
        return np.asarray(als.user_factors[users] @ als.item_factors.T, np.float32)
    from implicit import nearest_neighbours

    model = getattr(nearest_neighbours, name)(**settings)
    model.fit(counts, show_progress=False)
    found: NDArray[np.float32] = (asked @ model.similarity).toarray().astype(np.float32)
    return np.where(found > 0, found, np.float32(np.nan))


def novel_ndcg(evaluation: Evaluation) -> float:
    """Return the figure of what was new to the customers."""
    return evaluation.report.novel.ndcg if evaluation.report.novel else 0.0


def row_of(name: str, evaluation: Evaluation, seconds: float) -> Row:
    """Return what was found as a row."""
    report = evaluation.report
    assert report.returning is not None
    assert report.novel is not None
    return {
        "model": name,
        "all recall": report.all.recall,
        "all ndcg": report.all.ndcg,
        "returning recall": report.returning.recall,
        "returning ndcg": report.returning.ndcg,
        "novel recall": report.novel.recall,
        "novel ndcg": report.novel.ndcg,
        "fit_s": seconds,
    }


FIGURES: Final = ("all recall", "all ndcg", "returning ndcg", "novel recall", "novel ndcg")
TIMES: Final = ("all times", "returning times", "novel times")


def table(rows: list[Row]) -> Table:
    """Return the rows for people."""
    shown = Table(title="The next four weeks, n = 20; times: against the best peer", box=box.SIMPLE)
    shown.add_column("model")
    for name in (*FIGURES, "fit_s", *TIMES):
        shown.add_column(name, justify="right")
    for row in rows:
        cells = [f"{row[name]:.4f}" for name in FIGURES]
        cells += [f"{row['fit_s']:.1f}", *(f"{row[name]:.2f}" if name in row else "" for name in TIMES)]
        shown.add_row(f"{row['model']} ({row['chosen for']})" if "chosen for" in row else str(row["model"]), *cells)
    return shown


if __name__ == "__main__":
    main()
