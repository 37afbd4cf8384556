"""New visitors of a simulated shop: what do they view after their third click? NDCG@20 after 0, 1, 2 and 3 clicks.

    python -m benchmarks.newcomers [--json FILE]

The shop is simulated (`aisle.simulator.simulation`); nothing in it is real. The hybrid is fitted as `aisle train` does
it, on all but the last four weeks. Visitors are shoppers and anonymous sessions that come after that for the first time
and view at least `CLICKS` items. All rows have the same targets: the items that each visitor touches for the first time
after the last of these clicks. The shelf before any click knows nothing of the visitor; later ones know the clicks so
far. The items of these clicks are excluded from all shelves, as they are no targets. `times_before` compares with the
shelf before any click.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import TrainingBudget, fit
from aisle.app.training.measuring import newest_window, with_catalogue
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.bootstrap import mean_interval
from aisle.metrics import ranking
from aisle.prepare.build import build
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists, queries_of
from aisle.shop.columns import EVENT, ITEM_ID, SESSION_ID, TIMESTAMP, USER_ID
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY
from aisle.simulator.simulation import Simulation
from benchmarks.shared.rows import Row, finish, options

K: Final = 20
CLICKS: Final = 3
SEED: Final = 2611
"""The seed of the shop; no other command or test draws this shop."""
EVENTS: Final = 150_000
DAYS: Final = 28
"""Visitors come in so many last days of the simulation."""

VISITOR: Final = "visitor"
ORDER: Final = "order"


@dataclass(frozen=True, eq=False)
class Visitors:
    """The first clicks of visitors, and the items that they touch later.

    Attributes
    ----------
    clicked
        The first items that each views, in order, (visitors, `CLICKS`).
    at
        The moments of these clicks, (visitors, `CLICKS`).
    targets
        The items that each touches for the first time after these.
    """

    clicked: NDArray[np.int32]
    at: NDArray[np.int64]
    targets: ItemLists

    def __len__(self) -> int:
        return len(self.clicked)

    @classmethod
    def of(cls, events: pl.DataFrame, cut: int, items: Vocabulary) -> "Visitors":
        """Return those who come after a moment for the first time, and touch enough known items."""
        known = events.with_columns(pl.coalesce(USER_ID, SESSION_ID).alias(VISITOR)).filter(
            pl.col(TIMESTAMP).min().over(VISITOR) >= cut, pl.col(ITEM_ID).is_in(items.ids)
        )
        looks = known.filter(pl.col(EVENT) == EventKind.VIEW_ITEM.value)
        firsts = looks.unique([VISITOR, ITEM_ID], keep="first", maintain_order=True)
        firsts = firsts.with_columns(pl.int_range(pl.len()).over(VISITOR).alias(ORDER))
        clicks = firsts.filter(pl.col(ORDER) < CLICKS)
        last = clicks.filter(pl.col(ORDER) == CLICKS - 1).select(VISITOR, pl.col(TIMESTAMP).alias("last"))
        later = (
            known.unique([VISITOR, ITEM_ID], keep="first", maintain_order=True)
            .join(last, on=VISITOR)
            .filter(pl.col(TIMESTAMP) > pl.col("last"))
            .join(clicks, on=[VISITOR, ITEM_ID], how="anti")
            .sort(VISITOR, maintain_order=True)
        )
        clicks = clicks.join(later, on=VISITOR, how="semi").sort(VISITOR, ORDER)
        visitors = later[VISITOR].n_unique()
        return cls(
            items.numbers(clicks[ITEM_ID].to_list()).reshape(visitors, CLICKS),
            clicks[TIMESTAMP].to_numpy().reshape(visitors, CLICKS),
            ItemLists.of_pairs(later[VISITOR].rle_id().to_numpy(), items.numbers(later[ITEM_ID].to_list()), visitors),
        )

    @property
    def firsts(self) -> ItemLists:
        """The items of the first clicks, as lists."""
        return ItemLists(np.arange(len(self) + 1) * CLICKS, self.clicked.ravel())

    def profiles(self, clicks: int) -> Profiles:
        """Return what is known of each visitor after so many clicks."""
        events = len(self) * clicks
        unknown = np.full(events, np.nan, np.float32)
        return Profiles(
            indptr=np.arange(len(self) + 1) * clicks,
            item=self.clicked[:, :clicks].ravel(),
            kind=np.full(events, KIND_CODES[EventKind.VIEW_ITEM], np.int8),
            rating=unknown,
            price=unknown,
            timestamp=self.at[:, :clicks].ravel(),
            now=self.at[:, max(clicks - 1, 0)] + 1,
        )


def main() -> None:
    """Simulate a shop, train, and measure the shelves of its new visitors."""
    arguments = options("newcomers", __doc__).parse_args()
    rows = measure(Simulation(SEED, EVENTS))
    finish(rows, arguments.json)


def measure(simulation: Simulation) -> list[Row]:
    """Fit the hybrid on what was before the last weeks, and return a row for each number of clicks."""
    recipe = recipe_of(Settings.read(Path()), HYBRID)
    events = pl.concat(simulation.events()).sort(TIMESTAMP, maintain_order=True)
    cut = simulation.end - DAYS * DAY
    past = events.filter(pl.col(TIMESTAMP) < cut)
    data = with_catalogue(simulation.items(), build(past, recipe.weights, cut))
    retrieval = fit(recipe, data, newest_window(past, recipe.weights), TrainingBudget()).retrieval
    visitors = Visitors.of(events, cut, data.items)
    figures = [ndcg(retrieval, visitors, clicks, recipe.weights) for clicks in range(CLICKS + 1)]
    return [
        _row(clicks, values) | {"times_before": float(values.mean() / figures[0].mean())}
        for clicks, values in enumerate(figures)
    ]


def ndcg(retrieval: Retrieval, visitors: Visitors, clicks: int, weights: Weights) -> NDArray[np.float64]:
    """Return the NDCG of each visitor's shelf after so many clicks, (visitors,)."""
    queries = queries_of(visitors.profiles(clicks), weights)
    shelf = retrieval.retrieve(queries, K, visitors.firsts)
    return ranking.ndcg(ranking.find_hits(shelf.items, visitors.targets.indptr, visitors.targets.items), K)


def _row(clicks: int, values: NDArray[np.float64]) -> Row:
    interval = mean_interval(values, seed=SEED)
    return {
        "clicks": str(clicks),
        "visitors": len(values),
        f"ndcg@{K}": interval.value,
        "low": interval.low,
        "high": interval.high,
    }


if __name__ == "__main__":
    main()
