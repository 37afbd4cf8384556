"""The logs that Spark reads: Parquet files, Delta tables, and databases by JDBC."""

import re
from pathlib import Path
from typing import Any, Final

from py4j.protocol import Py4JError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  its name everywhere
from pyspark.sql import types as T  # noqa: N812

from aisle.prepare.spark.credentials import cause, hide_credentials
from aisle.prepare.spark.frames import SPARK_TYPES
from aisle.shop.columns import PRICE, STORED_EVENTS, TIMESTAMP
from aisle.shop.errors import FileError, FormatError, SettingsError
from aisle.shop.money import MICROS

EVENTS_FILE: Final = "events.parquet"
"""What `aisle export` calls the log."""

_DRIVERS: Final = {
    "mariadb": "org.mariadb.jdbc.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "postgresql": "org.postgresql.Driver",
}
"""The class of the driver for each kind of JDBC URL."""


def read_events(spark: SparkSession, source: str) -> DataFrame:
    """Read a log: those columns of `shop.columns.STORED_EVENTS` that it has, in their types.

    Parameters
    ----------
    source
        Parquet files or a folder of them, one that `aisle export` wrote, a Delta table, or a `jdbc:` URL, whose table
        `events` is read. Prices that are not whole numbers are in currency units, those that are in millionths.

    Raises
    ------
    FileError
        If there is nothing, or a part cannot be read.
    FormatError
        If the parts of a log differ in their columns.
    SettingsError
        If Spark lacks what reads such a source.
    """
    if _is_jdbc(source):
        # Java looks for drivers by itself only among its own jars, not among those that Spark was given.
        named = {"driver": driver} if (driver := _DRIVERS.get(source.lower().split(":")[1])) else {}
        return _typed(_with_extension(spark.read.format("jdbc").options(url=source, dbtable="events", **named), source))
    if (Path(source) / "_delta_log").is_dir():
        return _typed(_with_extension(spark.read.format("delta").option("path", source), source))
    exported = Path(source) / EVENTS_FILE
    return _typed(_read_parquet(spark, str(exported if exported.is_file() else source)))


def _is_jdbc(source: str) -> bool:
    return source.lower().startswith("jdbc:")


def _with_extension(reader: Any, source: str) -> DataFrame:
    """Read what Spark knows by a jar of its own."""
    try:
        read: DataFrame = reader.load()
    except (PySparkException, Py4JError) as error:
        if re.search("DATA_SOURCE_NOT_FOUND|No suitable driver|ClassNotFoundException", str(error)):
            what = "a JDBC driver" if _is_jdbc(source) else "Delta Lake"
            raise SettingsError(
                f"Spark needs the jar of {what} to read {hide_credentials(source)}; name it in [spark] conf, as "
                "spark.jars or spark.jars.packages"
            ) from cause(error)
        raise
    return read


def _read_parquet(spark: SparkSession, source: str) -> DataFrame:
    """Read files that all have the same columns: Spark itself would fill the columns that a file lacks with nulls."""
    shown = hide_credentials(source)
    try:
        files = spark.read.format("binaryFile").option("pathGlobFilter", "*.parquet").load(source)
        parts = sorted(row.path for row in files.select("path").collect())
    except AnalysisException as error:
        raise FileError(f"there is no {shown}; name Parquet files, a Delta table or a jdbc: URL") from cause(error)
    if not parts:
        raise FileError(f"{shown} holds no .parquet file; name Parquet files, a Delta table or a jdbc: URL")
    first, *others = (_columns_of(spark, part) for part in parts)
    for part, columns in zip(parts[1:], others, strict=True):
        for name in sorted(first.keys() | columns.keys()):
            if first.get(name) != columns.get(name):
                raise FormatError(
                    f"{hide_credentials(part)} has {name} as {columns.get(name, 'no column')}, and "
                    f"{hide_credentials(parts[0])} as {first.get(name, 'no column')}; write the one that is wrong "
                    "again, or leave it out"
                )
    return spark.read.parquet(*parts)


def _columns_of(spark: SparkSession, part: str) -> dict[str, str]:
    try:
        schema = spark.read.parquet(part).schema
    except (PySparkException, Py4JError) as error:
        shown = hide_credentials(part)
        raise FileError(f"{shown} is no Parquet file that can be read; write it again or leave it out") from cause(
            error
        )
    return {field.name: field.dataType.simpleString() for field in schema if field.name in STORED_EVENTS}


def _typed(frame: DataFrame) -> DataFrame:
    return frame.select(*(_cast(field).alias(field.name) for field in frame.schema if field.name in STORED_EVENTS))


def _cast(field: T.StructField) -> Column:
    column = F.col(field.name)
    if field.name == TIMESTAMP and isinstance(field.dataType, T.TimestampType | T.TimestampNTZType):
        return F.unix_micros(column.cast("timestamp"))
    if field.name == PRICE and isinstance(field.dataType, T.FractionalType):
        return F.round(column * MICROS).cast("long")
    return column.cast(SPARK_TYPES[STORED_EVENTS[field.name]])
