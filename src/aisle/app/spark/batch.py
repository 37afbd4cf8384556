"""Everybody's shelf on Spark: executors answer for some shoppers each, as `app.serving.batch` does for all of them."""

import shutil
import time
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from aisle.app.progress import Progress, silent
from aisle.app.serving.batch import (
    BLOCK,
    Written,
    answers,
    check_asks_shoppers,
    check_ending,
    read_batch,
    store,
    written_schema,
)
from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.request import Exclude
from aisle.app.settings import PlacementSection, Settings
from aisle.app.spark.train import spark_events, spark_session
from aisle.prepare.build import build
from aisle.shop import moments
from aisle.shop.columns import USER_ID
from aisle.shop.errors import FileError, InputError, NotEnoughData
from aisle.storage import recommendations
from aisle.storage.connection import Database

if TYPE_CHECKING:
    from aisle.prepare.spark.session import Frame


def recommend_all_on_spark(
    db: Database,
    settings: Settings,
    model: LiveModel,
    placement: str,
    section: PlacementSection,
    n: int,
    out: Path | None,
    exclude: Exclude = "none",
    source: str | None = None,
    progress: Progress = silent,
) -> Written:
    """Write the shelf of every shopper with a history; parameters and errors as of `app.serving.batch.recommend_all`.

    Parameters
    ----------
    out
        A folder of Parquet files, whose name ends in `.parquet`, which appears when it is complete. None: the table
        `recommendations`.
    source
        Where the events are, as `prepare.spark.reading` takes it; None: the shop's database.
    """
    from aisle.prepare.spark.executors import by_users
    from aisle.prepare.spark.log import SparkLog, extent_of

    started = time.perf_counter()
    check_asks_shoppers(placement, section)
    if out is not None:
        check_ending(out)
        if out.suffix != ".parquet":
            raise InputError(f"{out} is not .parquet, and Spark writes nothing else; choose that ending")
    with spark_session(settings) as spark, spark_events(db, spark, source, progress) as events:
        now = extent_of(events)[1] + 1
        known = SparkLog(events, model.weights, now, model.items).of_known()
        held = spark.sparkContext.broadcast(read_batch(db, model, section, n, exclude))

        def answer(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
            batch = held.value
            for _, table in answers(batch, build(frame, batch.model.weights, now, items=batch.model.items)):
                yield table

        users = known.select(USER_ID).distinct().count()
        table = by_users(known, answer, written_schema())
        rows = _into_database(db, placement, model, table) if out is None else _into_files(table, out)
    if users == 0:
        raise NotEnoughData("nobody has a history with the items of this model; import events, or train again")
    return Written(users, rows, time.perf_counter() - started)


def _into_files(table: "Frame", out: Path) -> int:
    """Write a folder under a temporary name and move it into place; return how many rows it has."""
    partial = out.absolute().with_name(f".{out.name}.partial")
    try:
        table.write.mode("overwrite").parquet(str(partial))
        rows = table.sparkSession.read.parquet(str(partial)).count()
        for note in partial.iterdir():
            if note.suffix != ".parquet":  # Spark's marks and sums, which other readers stumble over
                note.unlink()
        if out.is_dir():
            shutil.rmtree(out)
        out.unlink(missing_ok=True)
        partial.replace(out)
    except OSError as error:
        raise FileError(f"cannot write {out}: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return rows


def _into_database(db: Database, placement: str, model: LiveModel, table: "Frame") -> int:
    """Put shelves into the database, some shoppers at a time; return how many rows they have."""
    created, rows = moments.now(), 0
    shelves = groupby(table.toLocalIterator(), key=lambda row: row[USER_ID])
    while some := list(islice(((user, [tuple(row) for row in shelf]) for user, shelf in shelves), BLOCK)):
        users = tuple(user for user, _ in some)
        lines = pl.DataFrame([row for _, shelf in some for row in shelf], written_schema(), orient="row")
        store(db, placement, model.version, created, users, lines)
        rows += lines.height
    recommendations.forget_older(db, placement, created)
    return rows
