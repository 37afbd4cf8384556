"""Spark beside one machine: equal rows from preparation, and as good shelves from MLlib's ALS.

    python -m benchmarks.spark [FOLDER …] [--events N] [--master local[*]] [--json FILE]

Each FOLDER holds an order log in the format `online-retail`; `--events` adds a simulated shop of so many events. The
log goes to Spark in Parquet parts, as `aisle train --engine spark` hands it over. `different` counts the numbers that
are not equal among all arrays of the training data (users, items, log, matrix), prepared by Polars and by Spark;
`pairs` is how many entries the matrix has. Then ALS learns everything before the newest weeks on both engines, with
equal parameters, and is asked about those weeks: NDCG@20 of ALL, over the same shoppers. `co_purchase` is the share of
the links of bought-together items that are equal, value and support, on both engines.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from aisle.app.data.importing import import_files
from aisle.app.data.setup import make_shop
from aisle.app.recipe import FALLBACK
from aisle.app.settings import Settings
from aisle.app.training.measuring import LIST_LENGTH, read_events
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.evaluate import evaluate
from aisle.evaluation.holdout import hold_out
from aisle.ingest.plan import Plan
from aisle.prepare.build import build
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.spark.log import SparkLog, cleaned_on_spark, extent_of
from aisle.prepare.spark.reading import read_events as read_on_spark
from aisle.prepare.spark.session import Session, session
from aisle.prepare.split import holdout_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.recommenders.spark_als import fit_als, fit_co_purchase
from aisle.simulator.simulation import Simulation
from aisle.storage.connection import connect

SEED: Final = 1
PART: Final = 200_000
"""Rows of a Parquet part."""

Row = dict[str, str | int | float]


def main() -> None:
    """Compare, print, and write the rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", help="holds an order log")
    parser.add_argument("--events", type=int, default=2_000_000, help="of the simulated shop; 0: none")
    parser.add_argument("--master", default="local[*]", help="where Spark runs")
    parser.add_argument("--json", type=Path, help="where the rows go")
    arguments = parser.parse_args()
    with session(arguments.master, {"spark.driver.memory": "4g"}) as spark:
        rows = [compare(spark, name, table) for name, table in logs(arguments.folders, arguments.events)]
    show(rows)
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


def logs(folders: Sequence[Path], events: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the name and the events of each shop."""
    for folder in folders:
        yield folder.name, imported(folder)
    if events:
        yield f"simulated, {events:,} events", pl.concat(Simulation(seed=SEED, events=events).events())


def imported(folder: Path) -> pl.DataFrame:
    """Return the events of an order log as a shop has them."""
    with tempfile.TemporaryDirectory() as shop:
        settings = Settings.read(make_shop(Path(shop) / "shop"))
        with connect(settings.database_url) as db:
            import_files(db, sorted(folder.glob("*.csv*")), Plan(format="online-retail"))
            return read_events(db, wanted=("event_id", *_COLUMNS))


_COLUMNS: Final = (
    "event", "user_id", "item_id", "timestamp", "rating", "session_id", "transaction_id", "price", "quantity",
)  # fmt: skip


def compare(spark: Session, name: str, table: pl.DataFrame) -> Row:
    """Prepare and learn twice."""
    weights = Weights()
    table = table.select("event_id", *_COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        for part, rows in enumerate(table.iter_slices(PART)):
            rows.write_parquet(Path(folder) / f"{part:06}.parquet")
        events = cleaned_on_spark(read_on_spark(spark, folder)).persist()
        first, last, _ = extent_of(events)
        started = time.perf_counter()
        local = build(table, weights, last + 1)
        prepared = time.perf_counter()
        remote = build(events, weights, last + 1)
        prepare = {"prepare_s": prepared - started, "spark_prepare_s": time.perf_counter() - prepared}
        window = holdout_window(first, last)
        holdout = hold_out(table, weights, window)
        past = SparkLog.of(events, weights, last + 1).until(window.cut)
        popular = by_name(FALLBACK)(by_name(FALLBACK).config_type()).fit(holdout.train, seed=SEED)

        def ndcg(model: Recommender[Any]) -> float:
            return evaluate(Retrieval(model, popular), holdout, LIST_LENGTH).report.all.ndcg

        clock = [time.perf_counter()]
        ours = ALS(ALSConfig()).fit(holdout.train, seed=SEED)
        clock.append(time.perf_counter())
        theirs = fit_als(ALSConfig(), past, holdout.train, SEED)
        clock.append(time.perf_counter())
        links = CoPurchase(CoPurchaseConfig()).fit(holdout.train, seed=SEED)
        there = fit_co_purchase(CoPurchaseConfig(), past, holdout.train, SEED)
        row: Row = {
            "log": name,
            "events": len(local.log),
            "pairs": local.matrix.nnz,
            "different": differences(local, remote),
            **prepare,
            "als ndcg@20": ndcg(ours),
            "spark ndcg@20": ndcg(theirs),
            "als_s": clock[1] - clock[0],
            "spark_als_s": clock[2] - clock[1],
            "co_purchase": equal_links(links, there),
        }
        events.unpersist()
    return row


def differences(one: Interactions, other: Interactions) -> int:
    """Return how many numbers of two sets of training data are not equal."""
    pairs = [(getattr(one.log, field.name), getattr(other.log, field.name)) for field in fields(EventLog)]
    pairs += [(getattr(one.matrix, name), getattr(other.matrix, name)) for name in ("data", "indices", "indptr")]
    pairs += [
        (np.array(ids.ids), np.array(others.ids))
        for ids, others in ((one.users, other.users), (one.items, other.items))
    ]
    return sum(_different(a, b) for a, b in pairs)


def _different(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    if a.shape != b.shape:
        return max(a.size, b.size)
    return int((~((a == b) | ((a != a) & (b != b)))).sum())


def equal_links(one: CoPurchase, other: CoPurchase) -> float:
    """Return the share of links that are the same, in value to six digits and in support."""
    tables = [
        pl.DataFrame(
            {
                "item": model.links_.rows,
                "other": model.links_.indices,
                "baskets": model.baskets_,
                "buyers": model.buyers_,
                "value": model.links_.values,
            }
        )
        for model in (one, other)
    ]
    both = tables[0].join(tables[1], on=["item", "other", "baskets", "buyers"])
    alike = np.isclose(both["value"], both["value_right"], rtol=1e-5)
    return float(alike.sum() / max(len(one.links_.indices), len(other.links_.indices)))


def show(rows: list[Row]) -> None:
    """Print the rows."""
    table = Table()
    for column in rows[0]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
