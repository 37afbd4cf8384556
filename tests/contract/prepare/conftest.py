"""One set of tests for every engine that prepares data: Polars in this process, Spark on a cluster of processes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Bring = Callable[[pl.DataFrame], nw.LazyFrame[Any]]


@pytest.fixture(params=["polars", "spark"])
def bring(request: pytest.FixtureRequest) -> Bring:
    """Bring a table to an engine."""
    if request.param == "polars":
        return lambda table: nw.from_native(table.lazy())
    return on_spark(request.getfixturevalue("spark"))


def on_spark(spark: "SparkSession") -> Bring:
    from aisle.prepare.spark.frames import to_spark

    return lambda table: nw.from_native(to_spark(spark, table))


@pytest.fixture
def spark_bring(spark: "SparkSession") -> Bring:
    """Bring a table to Spark."""
    return on_spark(spark)
