"""Views, carts and buys of one shop: what do shoppers buy after a moment? NDCG@10 of the hybrid and of each source.

    python -m benchmarks.behaviours FOLDER [--json FILE]

FOLDER holds `events.csv` with the columns `user,item,behavior,unix_ts,split`; only its `train` rows are read. They are
split in time where 80 % of the buys are over: all events before it are learnt from and are the shoppers' histories, the
buys after it are to be found among all items known before it. The hybrid is fitted as `aisle train` does it, its ranker
on windows before the split, and every model, sources and hybrid alike, has the settings that it comes with. Who comes
after the split for the first time gets the popular shelf from all of them; the `returning` figures are over the
others, with the interval from `low` to `high`. `times_best` compares them with those of the best single source.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import polars as pl
from rich.console import Console
from rich.table import Table

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

K: Final = 10
SHARE: Final = 0.8
"""So many of the buys are learnt from."""

SEED: Final = 0
"""Draws the shoppers of the intervals."""

RETURNING: Final = f"returning_ndcg@{K}"

KINDS: Final = {
    "view": EventKind.VIEW_ITEM.value,
    "cart": EventKind.ADD_TO_CART.value,
    "buy": EventKind.PURCHASE.value,
}
"""What the file calls what a shopper does."""

Row = dict[str, str | float]


def main() -> None:
    """Read the log, measure the hybrid and its sources, print the table and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.behaviours", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds events.csv")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    events = read(arguments.folder)
    recipe = recipe_of(Settings.read(arguments.folder), HYBRID)
    rows = measure(recipe, events, window_of(events))
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


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
    began = time.perf_counter()
    fitted = fit(recipe, holdout.train, newest_window(events.filter(pl.col(TIMESTAMP) < window.cut)), TrainingBudget())
    seconds = time.perf_counter() - began
    rows = [_row(name, alone, holdout) for name, alone in _alone(fitted).items()]
    best = max(float(row[RETURNING]) for row in rows)
    rows.append(_row(HYBRID, fitted.retrieval, holdout) | {"fit_s": seconds})
    return [row | {"times_best": float(row[RETURNING]) / best} for row in rows]


def _alone(fitted: Fitted) -> dict[str, Retrieval]:
    """Return each source as the one personal model of a shop."""
    popular = fitted.retrieval.popular
    sources = {
        name: part for name, part in fitted.components.items() if isinstance(part, Recommender) and name != POPULAR
    }
    return {name: Retrieval(part, popular) for name, part in sources.items()}


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


def _table(rows: Sequence[Row]) -> Table:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table(*columns)
    for row in rows:
        cells = (row.get(column, "") for column in columns)
        table.add_row(*(f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in cells))
    return table


if __name__ == "__main__":
    main()
