from typing import TYPE_CHECKING

import polars as pl
import pytest

from aisle.prepare.stray import days_of, steady_span
from aisle.prepare.weigh import Weights
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY
from tests.lively_shop import END, lively_events

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from aisle.prepare.spark.log import SparkLog


@pytest.fixture(scope="module")
def log(spark: "SparkSession") -> "SparkLog":
    from aisle.prepare.spark.frames import to_spark
    from aisle.prepare.spark.log import SparkLog, cleaned_on_spark

    return SparkLog.of(cleaned_on_spark(to_spark(spark, lively_events())), Weights(), END)


def test_the_newest_events_are_those_of_the_last_days(log: "SparkLog") -> None:
    from aisle.prepare.spark.frames import to_polars

    moments = lively_events().filter(pl.col("event") != "search")["timestamp"].sort(descending=True)
    newest = to_polars(log.newest(100))["timestamp"].sort(descending=True)

    assert 50 < len(newest) <= 100
    assert newest.to_list() == moments.head(len(newest)).to_list()
    assert newest.min() // DAY > moments[len(newest)] // DAY  # type: ignore[operator]
    assert 0 < log.newest(1).count() == log.newest(2).count()
    assert log.newest(10**6).count() == log.events.count()


def test_some_shoppers_come_with_all_of_their_past(log: "SparkLog") -> None:
    from aisle.prepare.spark.frames import to_polars

    since = END - 20 * DAY
    some, events = to_polars(log.of_some(since, 10)), to_polars(log.events)
    users = some["user_id"].unique()

    assert len(users) == 10
    assert some.height == events.filter(pl.col("user_id").is_in(users.to_list())).height
    assert some.filter(pl.col("timestamp") >= since)["user_id"].n_unique() == 10
    assert set(users) == set(to_polars(log.of_some(since, 10))["user_id"])


def test_no_events_are_said_to_be_none(log: "SparkLog") -> None:
    from aisle.prepare.spark.log import extent_of

    assert extent_of(log.events)[2] == log.events.count()
    with pytest.raises(NotEnoughData, match="no event says what anybody likes"):
        extent_of(log.events.limit(0))


def test_stray_events_are_those_that_this_machine_finds(spark: "SparkSession") -> None:
    from aisle.prepare.spark.frames import to_polars, to_spark
    from aisle.prepare.spark.log import without_stray

    lively = lively_events()
    late = lively.head(1).with_columns(pl.lit(END + 300 * DAY).alias("timestamp"))
    table = pl.concat([lively, late])
    kept, stray = without_stray(to_spark(spark, table))
    span = steady_span(*days_of(table["timestamp"]))
    assert stray == span.describe_stray(table["timestamp"])
    assert sorted(to_polars(kept)["timestamp"]) == sorted(lively["timestamp"])
    same, nothing = without_stray(kept)
    assert (same.count(), nothing) == (lively.height, None)
    assert without_stray(kept.limit(0))[1] is None
