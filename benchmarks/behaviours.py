"""Views, carts and buys of one shop: what do shoppers buy after a moment? NDCG@10 of the hybrid and of each source.

    python -m benchmarks.behaviours FOLDER [--json FILE]

FOLDER holds `events.csv` with the columns `user,item,behavior,unix_ts,split`; only its `train` rows are read. They are
split in time when 80 % of the buys are over: all events before are learnt from and are the shoppers' histories; the
buys after are to be found among all items known before. The hybrid is fitted as `aisle train` does it, its ranker on
windows before the split, and every model has its default settings. Shoppers who come after the split for the first time
get the popular shelf from all models. The `returning` figures are over the others, with the interval from `low` to
`high`; `times_best` compares them with those of the best single source.
"""

import sys
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.data.tables import span
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import Fitted, TrainingBudget, fit
from aisle.app.training.measuring import newest_window
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import POPULAR, Recipe
from aisle.evaluation.bootstrap import mean_interval
from aisle.evaluation.evaluate import evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window
from aisle.recommenders.base import Recommender
from aisle.shop.columns import EVENT, ITEM_ID, TIMESTAMP, USER_ID
from aisle.shop.events import EventKind
from benchmarks.shared.rows import Row, finish, options, timed

K: Final = 10
SHARE: Final = 0.8
"""The share of the buys that are learnt from."""

SEED: Final = 0
"""Draws the shoppers of the intervals."""

RETURNING: Final = f"returning_ndcg@{K}"

KINDS: Final = {
    "view": EventKind.VIEW_ITEM.value,
    "cart": EventKind.ADD_TO_CART.value,
    "buy": EventKind.PURCHASE.value,
}
"""The kind of event that each behaviour of the file is."""


def main() -> None:
    """Measure the hybrid and its sources."""
    parser = options("behaviours", __doc__)
    parser.add_argument("folder", type=Path, help="holds events.csv")
    arguments = parser.parse_args()
    events = read(arguments.folder)
    recipe = recipe_of(Settings.read(arguments.folder), HYBRID)
    finish(measure(recipe, events, window_of(events)), arguments.json)


def read(folder: Path) -> pl.DataFrame:
    """Return the `train` rows of the log as events, in the order of time."""
    path = folder / "events.csv"
    if not path.exists():
        sys.exit(f"{path} does not exist; name a folder with events.csv: user,item,behavior,unix_ts,split")
    return (
        pl.read_csv(path)
        .filter(pl.col("split") == "train")
        .select(
            pl.col("behavior").replace_strict(KINDS).alias(EVENT),
            pl.col("user").cast(pl.String).alias(USER_ID),
            pl.col("item").cast(pl.String).alias(ITEM_ID),
            (pl.col("unix_ts") * 1_000_000).alias(TIMESTAMP),
        )
        .sort(TIMESTAMP, maintain_order=True)
    )


def window_of(events: pl.DataFrame) -> Window:
    """Return the time after `SHARE` of the buys."""
    buys = events.filter(pl.col(EVENT) == EventKind.PURCHASE.value)[TIMESTAMP].sort()
    return Window(buys[int(SHARE * len(buys))], span(events)[1] + 1)


def measure(recipe: Recipe, events: pl.DataFrame, window: Window) -> list[Row]:
    """Fit the hybrid before a window, and find the buys of the window with it and with each source alone."""
    holdout = hold_out(events, recipe.weights, window)
    newest = newest_window(events.filter(pl.col(TIMESTAMP) < window.cut), recipe.weights)
    fitted, fit_s = timed(lambda: fit(recipe, holdout.train, newest, TrainingBudget()))
    rows = [_row(name, source, holdout) for name, source in _sources(fitted).items()]
    best = max(float(row[RETURNING]) for row in rows)
    rows.append(_row(HYBRID, fitted.retrieval, holdout) | {"fit_s": fit_s})
    return [row | {"times_best": float(row[RETURNING]) / best} for row in rows]


def _sources(fitted: Fitted) -> dict[str, Retrieval]:
    """Return each source as the only personal model of a shop."""
    popular = fitted.retrieval.popular
    sources = {
        name: part for name, part in fitted.components.items() if isinstance(part, Recommender) and name != POPULAR
    }
    return {name: Retrieval(source, popular) for name, source in sources.items()}


def _row(name: str, retrieval: Retrieval, holdout: Holdout) -> Row:
    evaluation = evaluate(retrieval, holdout, K)
    report = evaluation.report
    returning = mean_interval(evaluation.ndcg[holdout.returning], seed=SEED)
    return {
        "model": name,
        RETURNING: returning.value,
        "low": returning.low,
        "high": returning.high,
        "returning_shoppers": int(holdout.returning.sum()),
        f"ndcg@{K}": report.all.ndcg,
        f"recall@{K}": report.all.recall,
        "shoppers": report.all.shoppers,
    }


if __name__ == "__main__":
    main()
