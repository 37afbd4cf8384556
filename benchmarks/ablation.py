"""What ratings, refunds and reviews add, in a simulated shop where the true satisfaction with every item is known.

    python -m benchmarks.ablation [--events N] [--seeds S] [--json FILE]

A shop of N simulated events is split four weeks before its end. Models learn from what came before, with and without
feedback; each shopper who buys later is shown ten items that they never had. `satisfaction` is how satisfied they would
be with these without luck, from 0 to 1, a mean over shoppers and seeds; `more` is the difference to purchases alone,
paired by shopper, with its 95 % bootstrap interval. In `+ words` only every second review has stars: the text model
predicts those of the others.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
from benchmarks.shared.rows import Row, finish, options, say

N: Final = 10
LAST: Final = 28 * DAY
FIRST_SEED: Final = 101
BASE: Final = "purchases alone"


def purchases_alone(tables: Tables) -> Tables:
    """Remove refunds, ratings and reviews."""
    return Tables(_without(tables.events, EventKind.REFUND, EventKind.RATE), tables.catalogue, tables.reviews.clear())


def with_refunds(tables: Tables) -> Tables:
    """Remove ratings and reviews."""
    return Tables(_without(tables.events, EventKind.RATE), tables.catalogue, tables.reviews.clear())


def with_words(tables: Tables) -> Tables:
    """Remove ratings, and the stars of every second review."""
    stars = pl.when(pl.col(REVIEW_ID).hash(0) % 2 == 0).then(RATING).alias(RATING)
    return Tables(_without(tables.events, EventKind.RATE), tables.catalogue, tables.reviews.with_columns(stars))


def with_everything(tables: Tables) -> Tables:
    """Remove nothing."""
    return tables


VARIANTS: Final[dict[str, Callable[[Tables], Tables]]] = {
    BASE: purchases_alone,
    "+ refunds": with_refunds,
    "+ refunds + words": with_words,
    "+ refunds + ratings + reviews": with_everything,
}


def _without(events: pl.DataFrame, *kinds: EventKind) -> pl.DataFrame:
    return events.filter(~pl.col(EVENT).is_in([kind.value for kind in kinds]))


def main() -> None:
    """Simulate shops, and train with and without feedback."""
    parser = options("ablation", __doc__)
    parser.add_argument("--events", type=int, default=150_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", default="hybrid")
    arguments = parser.parse_args()
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in VARIANTS}
    for seed in range(FIRST_SEED, FIRST_SEED + arguments.seeds):
        simulation = Simulation(seed=seed, events=arguments.events)
        parts = list(simulation.parts())
        tables = Tables(
            pl.concat(part.events for part in parts), simulation.items(), pl.concat(part.reviews for part in parts)
        )
        for name, variant in VARIANTS.items():
            values[name].append(satisfaction(simulation, variant(tables), arguments.model))
            say(f"seed {seed} {name}: {np.nanmean(values[name][-1]):.4f}")
    base = np.concatenate(values[BASE])
    rows = [_row(name, arguments.model, np.concatenate(seeds), base) for name, seeds in values.items()]
    finish(rows, arguments.json)


def satisfaction(simulation: Simulation, tables: Tables, model: str) -> NDArray[np.float64]:
    """Return how satisfied each shopper of the last weeks would be with the items that a model shows, (shoppers,)."""
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
    known = np.array([shopper is not None for shopper in shoppers])
    users = np.array([int(shopper.removeprefix("shopper-")) for shopper in shoppers if shopper], np.int32)
    items = np.array([int(item_id.removeprefix("sim-")) for item_id in holdout.train.items.ids], np.int32)
    pairs = np.repeat(users, shown.shape[1]), items[shown[known]].ravel()
    figures = np.full(len(shoppers), np.nan)
    figures[known] = simulation.satisfaction(*pairs).reshape(len(users), -1).mean(axis=1)
    return figures


def _row(name: str, model: str, values: NDArray[np.float64], base: NDArray[np.float64]) -> Row:
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


if __name__ == "__main__":
    main()
