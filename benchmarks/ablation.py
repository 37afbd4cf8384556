"""What ratings, refunds and review texts add, in a simulated shop where the true satisfaction with every item is known.

    python -m benchmarks.ablation [--events N] [--seeds S] [--json FILE]

A shop of N simulated events is cut four weeks before its end. Models learn from what came before, with and without what
shoppers said; each shopper who buys later is shown ten items that they never had. `satisfaction` is how satisfied they
would be with these, from 0 to 1, luck aside, a mean over shoppers and seeds; `more` is the difference to purchases
alone, paired by shopper, with its 95 % bootstrap interval. In `+ words` nobody gives stars but every second writer: all
others are read by the text model.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from aisle.app.data.tables import Tables
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import TrainingBudget, fit
from aisle.app.training.measuring import with_catalogue_of_past
from aisle.app.training.reviews import with_reviews
from aisle.evaluation.compare import compare
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window
from aisle.shop.columns import EVENT, RATING, REVIEW_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY
from aisle.simulator.simulation import Simulation

N: Final = 10
LAST: Final = 28 * DAY

console = Console(stderr=True)


def purchases_alone(tables: Tables) -> Tables:
    """Leave out all that shoppers said."""
    return Tables(_without(tables.events, EventKind.REFUND, EventKind.RATE), tables.catalogue, tables.reviews.clear())


def with_refunds(tables: Tables) -> Tables:
    """Leave out ratings and reviews."""
    return Tables(_without(tables.events, EventKind.RATE), tables.catalogue, tables.reviews.clear())


def with_words(tables: Tables) -> Tables:
    """Leave out ratings, and the stars of every second review."""
    spoken = pl.when(pl.col(REVIEW_ID).hash(0) % 2 == 0).then(RATING).alias(RATING)
    return Tables(_without(tables.events, EventKind.RATE), tables.catalogue, tables.reviews.with_columns(spoken))


def with_everything(tables: Tables) -> Tables:
    """Leave out nothing."""
    return tables


VARIANTS: Final[dict[str, Callable[[Tables], Tables]]] = {
    "purchases alone": purchases_alone,
    "+ refunds": with_refunds,
    "+ refunds + words": with_words,
    "+ refunds + ratings + reviews": with_everything,
}


def _without(events: pl.DataFrame, *kinds: EventKind) -> pl.DataFrame:
    return events.filter(~pl.col(EVENT).is_in([kind.value for kind in kinds]))


def main() -> None:
    """Simulate, train, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=150_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", default="hybrid")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in VARIANTS}
    for seed in range(101, 101 + arguments.seeds):
        simulation = Simulation(seed=seed, events=arguments.events)
        parts = list(simulation.parts())
        tables = Tables(
            pl.concat(part.events for part in parts), simulation.items(), pl.concat(part.reviews for part in parts)
        )
        for name, variant in VARIANTS.items():
            found[name].append(satisfaction(simulation, variant(tables), arguments.model))
            console.print(f"seed {seed} {name}: {np.nanmean(found[name][-1]):.4f}", highlight=False)
    rows = [
        _row(name, arguments.model, np.concatenate(values), np.concatenate(found["purchases alone"]))
        for name, values in found.items()
    ]
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def satisfaction(simulation: Simulation, tables: Tables, model: str) -> NDArray[np.float64]:
    """Return how satisfied each shopper of the last weeks would be with what a model shows them, (shoppers,)."""
    recipe = recipe_of(Settings.read(Path(__file__).parent), model)
    window = Window(simulation.end - LAST, simulation.end)
    known = with_reviews(tables, window.cut, recipe.seed).tables
    holdout = with_catalogue_of_past(known.catalogue, hold_out(known.events, recipe.weights, window))
    before = Window(window.cut - LAST, window.cut)
    retrieval = fit(recipe, holdout.train, before, TrainingBudget()).retrieval
    shown = retrieval.retrieve(holdout.queries, N, holdout.owned).items
    return _of_shelves(simulation, holdout, shown)


def _of_shelves(simulation: Simulation, holdout: Holdout, shown: NDArray[np.int32]) -> NDArray[np.float64]:
    shoppers = [holdout.train.users.ids[user] if user >= 0 else None for user in holdout.users]
    known = np.array([one is not None for one in shoppers])
    users = np.array([int(one.removeprefix("shopper-")) for one in shoppers if one], np.int32)
    items = np.array([int(one.removeprefix("sim-")) for one in holdout.train.items.ids], np.int32)
    pairs = np.repeat(users, shown.shape[1]), items[shown[known]].ravel()
    figures = np.full(len(shoppers), np.nan)
    figures[known] = simulation.satisfaction(*pairs).reshape(len(users), -1).mean(axis=1)
    return figures


def _row(name: str, model: str, values: NDArray[np.float64], base: NDArray[np.float64]) -> dict[str, Any]:
    comparison = compare(base, values, seed=0)
    difference = comparison.difference
    return {
        "what is known": name,
        "model": model,
        "shoppers": comparison.shoppers,
        "satisfaction": float(np.nanmean(values)),
        "more": difference.value,
        "low": difference.low,
        "high": difference.high,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"True satisfaction with {N} unseen items", box=box.SIMPLE)
    for name in rows[0]:
        table.add_column(name, justify="left" if name in ("what is known", "model") else "right")
    for row in rows:
        table.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()))
    return table


if __name__ == "__main__":
    main()
