"""What Spark reads, on a cluster of separate processes."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from aisle.prepare.weigh import Weights
from aisle.shop.errors import FileError, FormatError, NotEnoughData, SettingsError, SparkError
from aisle.shop.moments import DAY
from tests.lively_shop import END, lively_events

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from aisle.prepare.spark.log import SparkLog


def parts(folder: Path, *tables: pl.DataFrame) -> str:
    """Write a log in parts."""
    for number, table in enumerate(tables):
        table.write_parquet(folder / f"part-{number}.parquet")
    return str(folder)


def test_dates_and_money_become_whole_numbers(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import read_events, to_polars

    table = pl.DataFrame(
        {
            "event": ["purchase"],
            "user_id": ["u"],
            "item_id": [7],
            "timestamp": [datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)],
            "price": pl.Series([Decimal("2.550001")], dtype=pl.Decimal(18, 6)),
            "what": [1],
        }
    )
    read = to_polars(read_events(spark, parts(tmp_path, table)))

    assert read.schema == {
        "event": pl.String, "user_id": pl.String, "item_id": pl.String, "timestamp": pl.Int64, "price": pl.Int64,
    }  # fmt: skip
    assert read.row(0) == ("purchase", "u", "7", 1767323045678901, 2_550_001)


def test_prices_with_a_point_are_in_currency_units(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import read_events, to_polars

    source = parts(tmp_path, pl.DataFrame({"event": ["view_item"], "price": [0.1], "timestamp": [5]}))
    assert to_polars(read_events(spark, source))["price"].to_list() == [100_000]


def test_a_part_that_is_cut_short_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import read_events

    source = parts(tmp_path, *[lively_events(count=50)] * 2)
    broken = tmp_path / "part-1.parquet"
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(FileError, match=r"part-1.parquet is no Parquet file that can be read; write it again"):
        read_events(spark, source)


def test_a_part_that_is_damaged_within_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import clearly, read_events

    source = parts(tmp_path, *[lively_events(count=50)] * 2)
    broken = tmp_path / "part-1.parquet"
    whole = bytearray(broken.read_bytes())
    whole[4:2000] = bytes(1996)
    broken.write_bytes(whole)
    with pytest.raises(FileError, match=r"Spark cannot read file:\S+/part-1.parquet; write it again"), clearly():
        read_events(spark, source).collect()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            pl.col("rating").cast(pl.String),
            r"part-1.parquet has rating as string, and file:\S+/part-0.parquet as double",
        ),
        (pl.exclude("user_id"), r"part-1.parquet has user_id as no column, and file:\S+/part-0.parquet as string"),
    ],
)
def test_parts_that_drift_apart_are_named(spark: "SparkSession", tmp_path: Path, other: pl.Expr, said: str) -> None:
    from aisle.prepare.spark.log import read_events

    table = lively_events(count=50)
    drifted = table.select(other) if said.endswith("string") else table.with_columns(other)
    with pytest.raises(FormatError, match=said):
        read_events(spark, parts(tmp_path, table, drifted))


def test_a_source_that_is_not_there_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import read_events

    with pytest.raises(FileError, match=f"there is no {tmp_path}/nothing; name Parquet files"):
        read_events(spark, f"{tmp_path}/nothing")
    with pytest.raises(FileError, match=f"{tmp_path} holds no .parquet file"):
        read_events(spark, str(tmp_path))


def test_what_spark_has_no_jar_for_is_said(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.log import read_events

    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(SettingsError, match=r"the jar of Delta Lake to read \S+; name it in \[spark\] conf"):
        read_events(spark, str(tmp_path))
    with pytest.raises(SettingsError, match="the jar of a JDBC driver to read jdbc:nobody:"):
        read_events(spark, "jdbc:nobody://localhost/shop")
    with pytest.raises(
        SettingsError, match=r"the jar of a JDBC driver to read jdbc:postgresql://localhost/shop;"
    ) as raised:
        read_events(spark, "jdbc:postgresql://localhost/shop?user=me&password=secret")
    assert "org.postgresql.Driver" in str(raised.value.__cause__)


def test_any_other_failure_is_one_line(spark: "SparkSession") -> None:
    from aisle.prepare.spark.log import clearly

    with pytest.raises(SparkError, match=r"^Spark failed: .*no_such_column") as raised, clearly():
        spark.range(1).select("no_such_column")
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def log(spark: "SparkSession") -> "SparkLog":
    from aisle.prepare.spark.log import SparkLog, cleaned_on_spark, to_spark

    return SparkLog.of(cleaned_on_spark(to_spark(spark, lively_events())), Weights(), END)


def test_the_newest_events_are_those_of_the_last_days(log: "SparkLog") -> None:
    from aisle.prepare.spark.log import to_polars

    moments = lively_events().filter(pl.col("event") != "search")["timestamp"].sort(descending=True)
    newest = to_polars(log.newest(100))["timestamp"].sort(descending=True)

    assert 50 < len(newest) <= 100
    assert newest.to_list() == moments.head(len(newest)).to_list()
    assert newest.min() // DAY > moments[len(newest)] // DAY  # type: ignore[operator]
    assert 0 < log.newest(1).count() == log.newest(2).count()
    assert log.newest(10**6).count() == log.events.count()


def test_some_shoppers_come_with_all_of_their_past(log: "SparkLog") -> None:
    from aisle.prepare.spark.log import to_polars

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


def test_a_session_that_runs_already_is_used_and_left_running(spark: "SparkSession") -> None:
    from aisle.prepare.spark.log import session

    with session("local[1]", {}) as found:
        assert "local-cluster" in str(found.sparkContext.master)
    assert spark.range(3).count() == 3
