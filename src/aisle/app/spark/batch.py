"""The shelves of all shoppers on Spark: each executor fills those of some shoppers, as `app.serving.batch` does."""

import shutil
import time
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from aisle.app.data.atomic_write import atomic_write
from aisle.app.progress import Progress, silent
from aisle.app.serving.batch import (
    BLOCK,
    BatchJob,
    Written,
    answers,
    check_file_name,
    check_placement,
    read_batch,
    store,
    written_schema,
)
from aisle.app.settings import Settings
from aisle.app.spark.session import spark_events, spark_session
from aisle.prepare.build import build
from aisle.shop import moments
from aisle.shop.columns import USER_ID
from aisle.shop.errors import InputError, NotEnoughData
from aisle.storage.connection import Database
from aisle.storage.shelves import recommendations

if TYPE_CHECKING:
    from aisle.prepare.spark.session import Frame


def recommend_all_on_spark(
    db: Database,
    settings: Settings,
    job: BatchJob,
    out: Path | None,
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
    started = time.perf_counter()
    check_placement(job.placement)
    if out is not None:
        check_file_name(out)
        if out.suffix != ".parquet":
            raise InputError(f"{out} is not .parquet, and Spark writes nothing else; choose that ending")
    with spark_session(settings) as spark, spark_events(db, spark, source, progress) as events:
        from aisle.prepare.spark.executors import by_users
        from aisle.prepare.spark.log import SparkLog, extent_of

        now = extent_of(events)[1] + 1
        known = SparkLog(events, job.model.weights, now, job.model.items).of_known()
        shared = spark.sparkContext.broadcast(read_batch(db, job))

        def answer(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
            batch = shared.value
            model = batch.job.model
            for _, table in answers(batch, build(frame, model.weights, now, items=model.items)):
                yield table

        users = known.select(USER_ID).distinct().count()
        table = by_users(known, answer, written_schema())
        rows = _into_database(db, job, table) if out is None else _into_files(table, out)
    if users == 0:
        raise NotEnoughData("no shopper has a history with the items of this model; import events, or train again")
    return Written(users, rows, time.perf_counter() - started)


def _into_files(table: "Frame", out: Path) -> int:
    """Write a folder, which appears when it is complete, and return how many rows it has."""
    with atomic_write(out) as partial:
        table.write.parquet(str(partial))
        rows = table.sparkSession.read.parquet(str(partial)).count()
        for file in partial.iterdir():
            if file.suffix != ".parquet":  # other readers cannot read Spark's markers and checksums
                file.unlink()
        if out.is_dir():
            shutil.rmtree(out)
        out.unlink(missing_ok=True)
    return rows


def _into_database(db: Database, job: BatchJob, table: "Frame") -> int:
    """Store shelves in the database, a block of shoppers at a time; return how many rows they have."""
    created, rows = moments.now(), 0
    shelves = groupby(table.toLocalIterator(), key=lambda row: row[USER_ID])
    while block := list(islice(((user, [tuple(row) for row in shelf]) for user, shelf in shelves), BLOCK)):
        users = tuple(user for user, _ in block)
        of_users = pl.DataFrame([row for _, shelf in block for row in shelf], written_schema(), orient="row")
        store(db, job, created, users, of_users)
        rows += of_users.height
    recommendations.forget_older(db, job.placement.name, created)
    return rows
