"""Spark beside one machine: equal rows from preparation, and as good shelves from MLlib's ALS.

    python -m benchmarks.spark [FOLDER …] [--events N] [--master local[*]] [--json FILE]

Each FOLDER holds an order log in the format `online-retail`; `--events` adds a simulated shop of so many events. The
log goes to Spark in Parquet parts, as `aisle train --engine spark` does it. `different` counts the numbers that differ
among all arrays of the training data (users, items, log, matrix), prepared by Polars and by Spark; `pairs` is how many
entries the matrix has. Then ALS learns from everything before the newest weeks on both engines, with equal parameters,
and is evaluated on those weeks: NDCG@20 of ALL, over the same shoppers. `co_purchase` is the share of the links of
items bought together that are equal on both engines, in value and support.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from aisle.app.training.measuring import LIST_LENGTH
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import FALLBACK
from aisle.evaluation.evaluate import evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.build import build
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.spark.log import SparkLog, cleaned_on_spark, extent_of
from aisle.prepare.spark.reading import read_events
from aisle.prepare.spark.session import Session, session
from aisle.prepare.split import holdout_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.recommenders.spark_als import fit_als, fit_co_purchase
from aisle.simulator.simulation import Simulation
from benchmarks.data import online_retail
from benchmarks.shared.rows import Row, finish, options, timed

SEED: Final = 1
PART: Final = 200_000
"""How many rows a Parquet part has."""

COLUMNS: Final = (
    "event_id", "event", "user_id", "item_id", "timestamp", "rating", "session_id", "transaction_id", "price",
    "quantity",
)  # fmt: skip


def main() -> None:
    """Compare the engines on each log."""
    parser = options("spark", __doc__)
    parser.add_argument("folders", type=Path, nargs="*", help="holds an order log")
    parser.add_argument("--events", type=int, default=2_000_000, help="of the simulated shop; 0: none")
    parser.add_argument("--master", default="local[*]", help="where Spark runs")
    arguments = parser.parse_args()
    with session(arguments.master, {"spark.driver.memory": "4g"}) as spark:
        rows = [compare(spark, name, table) for name, table in logs(arguments.folders, arguments.events)]
    finish(rows, arguments.json)


def logs(folders: Sequence[Path], events: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the name and the events of each shop."""
    for folder in folders:
        yield folder.name, online_retail.read_columns(folder, COLUMNS)
    if events:
        yield f"simulated, {events:,} events", pl.concat(Simulation(seed=SEED, events=events).events())


def compare(spark: Session, name: str, table: pl.DataFrame) -> Row:
    """Prepare a log and learn from it on both engines."""
    weights, table = Weights(), table.select(COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        for part, rows in enumerate(table.iter_slices(PART)):
            rows.write_parquet(Path(folder) / f"{part:06}.parquet")
        events = cleaned_on_spark(read_events(spark, folder)).persist()
        first, last, _ = extent_of(events)
        local, prepare_s = timed(lambda: build(table, weights, last + 1))
        remote, spark_prepare_s = timed(lambda: build(events, weights, last + 1))
        row: Row = {
            "log": name,
            "events": len(local.log),
            "pairs": local.matrix.nnz,
            "different": differences(local, remote),
            "prepare_s": prepare_s,
            "spark_prepare_s": spark_prepare_s,
        }
        window = holdout_window(first, last)
        past = SparkLog.of(events, weights, last + 1).until(window.cut)
        row |= learn(past, hold_out(table, weights, window))
        events.unpersist()
    return row


def learn(past: SparkLog, holdout: Holdout) -> Row:
    """Fit ALS and co-purchases on the past with both engines."""
    popular = by_name(FALLBACK)(by_name(FALLBACK).config_type()).fit(holdout.train, seed=SEED)

    def ndcg(model: Recommender[Any]) -> float:
        return evaluate(Retrieval(model, popular), holdout, LIST_LENGTH).report.all.ndcg

    ours, als_s = timed(lambda: ALS(ALSConfig()).fit(holdout.train, seed=SEED))
    theirs, spark_als_s = timed(lambda: fit_als(ALSConfig(), past, holdout.train, SEED))
    links = CoPurchase(CoPurchaseConfig()).fit(holdout.train, seed=SEED)
    spark_links = fit_co_purchase(CoPurchaseConfig(), past, holdout.train, SEED)
    return {
        "als ndcg@20": ndcg(ours),
        "spark ndcg@20": ndcg(theirs),
        "als_s": als_s,
        "spark_als_s": spark_als_s,
        "co_purchase": equal_links(links, spark_links),
    }


def differences(local: Interactions, remote: Interactions) -> int:
    """Return how many numbers of two sets of training data differ."""
    pairs = [(getattr(local.log, field.name), getattr(remote.log, field.name)) for field in fields(EventLog)]
    pairs += [(getattr(local.matrix, name), getattr(remote.matrix, name)) for name in ("data", "indices", "indptr")]
    pairs += [(np.array(local.users.ids), np.array(remote.users.ids))]
    pairs += [(np.array(local.items.ids), np.array(remote.items.ids))]
    return sum(_different(a, b) for a, b in pairs)


def _different(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    if a.shape != b.shape:
        return max(a.size, b.size)
    return int((~((a == b) | ((a != a) & (b != b)))).sum())


def equal_links(local: CoPurchase, remote: CoPurchase) -> float:
    """Return the share of links that are equal, in value to five digits and in support."""
    tables = [
        pl.DataFrame(
            {
                "item": model.links_.rows,
                "partner": model.links_.indices,
                "baskets": model.baskets_,
                "buyers": model.buyers_,
                "value": model.links_.values,
            }
        )
        for model in (local, remote)
    ]
    both = tables[0].join(tables[1], on=["item", "partner", "baskets", "buyers"])
    equal = np.isclose(both["value"], both["value_right"], rtol=1e-5)
    return float(equal.sum() / max(len(local.links_.indices), len(remote.links_.indices)))


if __name__ == "__main__":
    main()
