"""Work of our own on Spark's executors, which need this package."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import polars as pl
from pyspark.sql import DataFrame, SparkSession

from aisle.prepare.spark.frames import SPARK_TYPES, to_spark
from aisle.shop.columns import USER_ID
from aisle.shop.schemas import DTYPES

Task = TypeVar("Task")
Result = TypeVar("Result")

_DTYPES: Final = {spark: DTYPES[word] for word, spark in SPARK_TYPES.items()}
"""Spark's types as Polars names them."""


def by_users(events: DataFrame, work: Callable[[pl.DataFrame], Iterator[pl.DataFrame]], schema: pl.Schema) -> DataFrame:
    """Hand executors all events of some users at a time, and return the tables that `work` makes of them.

    Rows travel as Python objects, as PySpark's way through Arrow asks for pandas.

    Parameters
    ----------
    schema
        Of these tables.
    """
    types = pl.Schema({name: _DTYPES[events.schema[name].dataType.simpleString()] for name in events.columns})

    def run(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        frame = pl.DataFrame([tuple(row) for row in rows], types, orient="row")
        for table in work(frame) if frame.height else ():
            yield from table.rows()

    results = events.repartition(USER_ID).rdd.mapPartitions(run)
    return events.sparkSession.createDataFrame(results, to_spark(events.sparkSession, schema.to_frame()).schema)


def cores(spark: SparkSession) -> int:
    """Return how many tasks run at a time."""
    return spark.sparkContext.defaultParallelism


def in_parallel(spark: SparkSession, work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """Return the result of each task, in their order; as many run at a time as Spark has cores.

    Whatever `work` holds travels once to each executor.
    """
    shared = spark.sparkContext.broadcast(work)
    try:
        results: list[Result] = (
            spark.sparkContext.parallelize(tasks, len(tasks)).map(lambda task: shared.value(task)).collect()
        )
    finally:
        shared.destroy()
    return results
