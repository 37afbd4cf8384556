"""What Spark reads, on a cluster of separate processes."""

import traceback
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from aisle.shop.errors import AisleError, FileError, FormatError, SettingsError
from tests.lively_shop import lively_events

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def parts(folder: Path, *tables: pl.DataFrame) -> str:
    """Write a log in parts."""
    for number, table in enumerate(tables):
        table.write_parquet(folder / f"part-{number}.parquet")
    return str(folder)


def test_dates_and_money_become_whole_numbers(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.frames import to_polars
    from aisle.prepare.spark.reading import read_events

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
    from aisle.prepare.spark.frames import to_polars
    from aisle.prepare.spark.reading import read_events

    source = parts(tmp_path, pl.DataFrame({"event": ["view_item"], "price": [0.1], "timestamp": [5]}))
    assert to_polars(read_events(spark, source))["price"].to_list() == [100_000]


def test_a_part_that_is_cut_short_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.reading import read_events

    source = parts(tmp_path, *[lively_events(count=50)] * 2)
    broken = tmp_path / "part-1.parquet"
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(FileError, match=r"part-1.parquet is no Parquet file that can be read; write it again"):
        read_events(spark, source)


def test_a_part_that_is_damaged_within_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.reading import read_events
    from aisle.prepare.spark.session import clearly

    source = parts(tmp_path, *[lively_events(count=50)] * 2)
    broken = tmp_path / "part-1.parquet"
    whole = bytearray(broken.read_bytes())
    whole[4:2000] = bytes(1996)
    broken.write_bytes(whole)
    with pytest.raises(FileError, match=r"Spark cannot read file:\S+/part-1.parquet; write it again"), clearly():
        read_events(spark, source).collect()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            pl.col("rating").cast(pl.String),
            r"part-1.parquet has rating as string, and file:\S+/part-0.parquet as double",
        ),
        (pl.exclude("user_id"), r"part-1.parquet has user_id as no column, and file:\S+/part-0.parquet as string"),
    ],
)
def test_parts_that_drift_apart_are_named(spark: "SparkSession", tmp_path: Path, other: pl.Expr, message: str) -> None:
    from aisle.prepare.spark.reading import read_events

    table = lively_events(count=50)
    drifted = table.select(other) if message.endswith("string") else table.with_columns(other)
    with pytest.raises(FormatError, match=message):
        read_events(spark, parts(tmp_path, table, drifted))


def test_a_source_that_is_not_there_is_named(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.reading import read_events

    with pytest.raises(FileError, match=f"there is no {tmp_path}/nothing; name Parquet files"):
        read_events(spark, f"{tmp_path}/nothing")
    with pytest.raises(FileError, match=f"{tmp_path} holds no .parquet file"):
        read_events(spark, str(tmp_path))


def test_what_spark_has_no_jar_for_is_said(spark: "SparkSession", tmp_path: Path) -> None:
    from aisle.prepare.spark.reading import read_events

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


@pytest.mark.parametrize(
    "source",
    [
        "jdbc:nobody://ann:s3cret@localhost/shop",
        "jdbc:postgresql://localhost/shop?user=ann&password=s3cret",
        "mysql+pymysql://ann:s3cret@localhost/shop",
        "JDBC:mysql://ann:s3cret@localhost/shop",
    ],
)
def test_no_message_shows_the_password_of_a_source(spark: "SparkSession", source: str) -> None:
    from aisle.prepare.spark.reading import read_events
    from aisle.prepare.spark.session import clearly

    with pytest.raises(AisleError) as raised, clearly():
        read_events(spark, source).collect()
    shown = "".join(traceback.format_exception(raised.value))
    assert "s3cret" not in shown
