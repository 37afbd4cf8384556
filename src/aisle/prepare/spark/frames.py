"""Frames on Spark: brought there, brought here, and kept while they are used.

Tables travel as Arrow. PySpark does not support pandas 3 yet, so nothing here asks for pandas.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import polars as pl
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES: Final = {"str": "string", "int64": "bigint", "int32": "int", "float64": "double", "bool": "boolean"}
"""The types of `shop.columns` as Spark names them."""


def to_spark(spark: SparkSession, table: pl.DataFrame) -> DataFrame:
    """Bring a table to Spark."""
    return spark.createDataFrame(table.to_arrow())


def to_polars(frame: DataFrame) -> pl.DataFrame:
    """Bring a frame to this process."""
    table = pl.from_arrow(frame.toArrow())
    assert isinstance(table, pl.DataFrame)  # noqa: S101
    return table


@contextmanager
def kept(frame: DataFrame) -> Iterator[DataFrame]:
    """Lend a frame that Spark computes once and keeps until the block ends."""
    try:
        yield frame.persist()
    finally:
        # A session that has died cannot release it either, and must be reported for its death, not for this.
        with suppress(PySparkException, Py4JError):
            frame.unpersist()
