"""What each customer of a real shop buys in the next four weeks, beside peers tuned on the four weeks before those.

    python -m benchmarks.shop FOLDER [--json FILE] [--models own most bought,als,hybrid,…]

FOLDER holds an order log in the format `online-retail`. The last four weeks are the test: a model learns from all that
came before them and ranks all items known by then. ALL counts every purchase, NOVEL only items new to the customer,
with those bought before excluded from the ranking. Customers without a history get last month's bestsellers of every
peer; `returning` excludes these customers. Peers learn from the number of order lines of each pair; their settings are
chosen on the four weeks before the test, once for ALL and once for NOVEL, and `chosen for` says which. `times` is a
figure against that of the best peer whose settings were chosen for it. Models of Aisle have their default settings:
`hybrid` is what `aisle train` fits.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from aisle.app.data.setup import make_shop
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import TrainingBudget
from aisle.app.training.measuring import held_out, measure
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import Recipe
from aisle.evaluation.evaluate import Evaluation, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import topn
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from benchmarks.data import online_retail
from benchmarks.peers import implicit
from benchmarks.peers.libraries import installed
from benchmarks.shared.rows import Row, finish, names_of, options, timed
from benchmarks.shared.settings import described, grid

N: Final = 20
SEED: Final = 0
OURS: Final = ("popularity", "als", "item_knn", "graph_filter", "audience", "hybrid")
OWN: Final = "own most bought"
PEERS: Final[dict[str, Sequence[dict[str, Any]]]] = {
    OWN: [{}],
    implicit.ALS: [
        {"factors": factors, "alpha": alpha, "regularization": ridge, "iterations": 15, "random_state": SEED}
        for factors, alpha, ridge in product((32, 64, 128), (1, 5), (0.05, 1.0))
    ],
    "BM25Recommender": grid(K=[100, 300, 1000], B=[0.2, 0.5, 0.8]),
    "CosineRecommender": grid(K=[20, 100, 300]),
}
"""The peers, and the settings to choose from."""

GOALS: Final = {"all": "all", "returning": "all", "novel": "novel"}
"""Each figure, and what a peer's settings must be chosen for to count."""


class Peer:
    """A peer's ranking for the customers of one holdout; those that it does not know have none.

    Parameters
    ----------
    scores
        (customers, items); NaN in the rows of unknown customers.
    """

    def __init__(self, scores: NDArray[np.float32]) -> None:
        self._scores = scores

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Rank for all customers of the holdout, in its order."""
        if len(queries) != len(self._scores):
            raise ValueError(f"{len(queries)} queries of a holdout of {len(self._scores)} customers")
        return topn(self._scores, n, exclude)


def main() -> None:
    """Import the log and measure every model."""
    parser = options("shop", __doc__)
    parser.add_argument("folder", type=Path, help="holds an order log in the format online-retail")
    known = (*PEERS, *OURS)
    parser.add_argument("--models", type=names_of(known), default=known, help=f"any of {','.join(known)}")
    arguments = parser.parse_args()
    finish(list(measured(arguments.folder, arguments.models)), arguments.json)


def measured(folder: Path, models: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of models, peers first; those of ours are compared with the best peer."""
    tables = online_retail.read(folder)
    settings = _default_settings()
    recipe = recipe_of(settings)
    test = held_out(tables, recipe)
    best = dict.fromkeys(GOALS, 0.0)
    for name in models:
        rows = peer_rows(name, tables.events, recipe, test) if name in PEERS else own_rows(settings, name, test)
        for row in rows:
            figures = {figure: float(row[f"{figure} ndcg"]) for figure in best}
            if name in PEERS:
                counting = [figure for figure, goal in GOALS.items() if row["chosen for"] in (goal, "both")]
                best |= {figure: max(best[figure], figures[figure]) for figure in counting}
            elif best["all"]:
                row |= {f"{figure} times": figures[figure] / best[figure] for figure in best}
            yield row


def _default_settings() -> Settings:
    with tempfile.TemporaryDirectory() as folder:
        return Settings.read(make_shop(Path(folder) / "shop"))


def own_rows(settings: Settings, name: str, test: Holdout) -> Iterator[Row]:
    """Measure a model of ours."""
    figures, evaluation = measure(recipe_of(settings, name), test, TrainingBudget())
    yield row_of(name, evaluation, figures.fit_seconds)


def peer_rows(name: str, events: pl.DataFrame, recipe: Recipe, test: Holdout) -> Iterator[Row]:
    """Choose a peer's settings on the window before the test, for ALL and for NOVEL, and measure it on the test."""
    if name != OWN and not installed("implicit", name):
        return
    length = test.window.end - test.window.cut
    before = Window(test.window.cut - length, test.window.cut)
    validation = hold_out(events, recipe.weights, before)
    trials = [(settings, peer_evaluation(name, settings, validation)[0]) for settings in PEERS[name]]
    figures: dict[str, Callable[[Evaluation], float]] = {"all": all_ndcg, "novel": novel_ndcg}
    chosen = {goal: max(trials, key=lambda trial: figure(trial[1]))[0] for goal, figure in figures.items()}
    if chosen["all"] == chosen["novel"]:
        chosen = {"both": chosen["all"]}
    for goal, settings in chosen.items():
        evaluation, fit_s = peer_evaluation(name, settings, test)
        row = row_of(name if name == OWN else f"implicit {name}", evaluation, fit_s)
        yield row | {"chosen for": goal, "settings": described(settings)}


def peer_evaluation(name: str, settings: Mapping[str, Any], holdout: Holdout) -> tuple[Evaluation, float]:
    """Fit a peer on the past of a holdout and evaluate it on the window; return the seconds of the fit, too."""
    counts = order_lines(holdout)
    known = np.flatnonzero(holdout.users != UNKNOWN)
    scores = np.full((len(holdout), counts.shape[1]), np.nan, np.float32)
    with threadpool_limits(limits=1, user_api="blas"):
        scores[known], fit_s = timed(lambda: _scores(name, settings, counts, holdout.users[known]))
    popular = Popularity(PopularityConfig(window_days=28.0)).fit(holdout.train, seed=SEED)
    return evaluate(Retrieval(Peer(scores), popular), holdout, N), fit_s


def order_lines(holdout: Holdout) -> csr_matrix:
    """Return how many order lines each customer has of each item, (customers, items)."""
    log = holdout.train.log
    bought = (log.kind == KIND_CODES[EventKind.PURCHASE]) & (log.user != UNKNOWN)
    pairs = np.ones(int(bought.sum()), np.float32), (log.user[bought], log.item[bought])
    counts = csr_matrix(pairs, shape=holdout.train.shape)
    counts.sum_duplicates()
    return counts


def _scores(
    name: str, settings: Mapping[str, Any], counts: csr_matrix, users: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Return a peer's scores of all items for some of the customers."""
    if name == OWN:
        return _positive(counts[users])
    model = implicit.model_of(name, settings)
    implicit.fit(model, counts)
    if name == implicit.ALS:
        return np.asarray(model.user_factors[users] @ model.item_factors.T, np.float32)
    return _positive(counts[users] @ model.similarity)


def _positive(matrix: csr_matrix) -> NDArray[np.float32]:
    """Return a matrix as an array, with NaN instead of what is not positive."""
    dense: NDArray[np.float32] = matrix.toarray().astype(np.float32)
    return np.where(dense > 0, dense, np.float32(np.nan))


def all_ndcg(evaluation: Evaluation) -> float:
    """Return the NDCG over all purchases."""
    return evaluation.report.all.ndcg


def novel_ndcg(evaluation: Evaluation) -> float:
    """Return the NDCG over items that were new to the customers."""
    return evaluation.report.novel.ndcg if evaluation.report.novel else 0.0


def row_of(name: str, evaluation: Evaluation, fit_s: float) -> Row:
    """Return the figures of a model as a row."""
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
        "fit_s": fit_s,
    }


if __name__ == "__main__":
    main()
