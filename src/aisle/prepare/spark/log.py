"""Spark: its session, the logs that it reads, and how the tables of this package are brought to and from it.

What happens to events is written elsewhere, once, for Polars and Spark alike. Everything here stays within data frames
and Arrow: PySpark does not support pandas 3 yet, so nothing asks for pandas.
"""

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, TypeAlias, TypeVar

import narwhals as nw
import numpy as np
import polars as pl
import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  its name everywhere
from pyspark.sql import types as T  # noqa: N812

from aisle.prepare.aggregate import BILLION, aggregate
from aisle.prepare.build import cleaned_events, weighed_events
from aisle.prepare.spark.java import check_java
from aisle.prepare.weigh import WEIGHT, Weights
from aisle.shop.columns import EVENT, EVENTS, ITEM_ID, PRICE, TIMESTAMP, USER_ID
from aisle.shop.errors import FileError, FormatError, NotEnoughData, SettingsError, SparkError
from aisle.shop.events import EventKind
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS

EVENTS_FILE: Final = "events.parquet"
"""What `aisle export` calls the log."""

ITEM, USER = "item", "user"
"""Columns of dense numbers."""

_DRIVERS: Final = {
    "mariadb": "org.mariadb.jdbc.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "postgresql": "org.postgresql.Driver",
}
"""The class of the driver for each kind of JDBC URL."""

_TYPES: Final = {"str": "string", "int64": "long", "int32": "int", "float64": "double", "bool": "boolean"}

Session: TypeAlias = SparkSession
Frame: TypeAlias = DataFrame

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


# --- The session ------------------------------------------------------------------------------------------------------


@contextmanager
def session(master: str, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """Lend a session: the one that runs already, as in a notebook, or a new one that ends with the block.

    Whatever goes wrong on Spark within the block leaves it as one `SparkError`.

    Parameters
    ----------
    master
        Where Spark runs: `local[*]`, `local-cluster[2,1,1024]`, `spark://…`, `yarn` …
    conf
        More Spark properties, such as `spark.executor.memory`.

    Raises
    ------
    SparkError
        If there is no Java, or one that is too old; if Spark does not start, or a job of it fails.
    """
    running = SparkSession.getActiveSession()
    if running is not None:
        with clearly():
            yield running
        return
    check_java()
    with clearly():
        spark = _start(master, conf)
    try:
        with clearly():
            yield spark
    finally:
        with suppress(PySparkException, Py4JError):
            spark.stop()


_STACK: Final = "-Xss16m"


def _start(master: str, conf: Mapping[str, str]) -> SparkSession:
    # Executors are processes of their own: they find Spark, this machine and this Python by these variables alone.
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    ours = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "FATAL",  # what fails is said once, by `clearly`
        # MLlib's ALS hands executors the history of all its iterations, which is read recursively.
        "spark.driver.extraJavaOptions": _STACK,
        "spark.executor.extraJavaOptions": _STACK,
    }
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        ours |= {"spark.sql.shuffle.partitions": "8", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.master(master).appName("aisle")
    for name, value in (ours | dict(conf)).items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        # Said as soon as pandas is installed, used or not.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        spark: SparkSession = builder.getOrCreate()
        spark.range(1)  # imports the rest
    return spark


_LOST: Final = re.compile("ExecutorLostFailure|OutOfMemoryError|Master removed our application")
_UNREADABLE: Final = re.compile(r"FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER|not a Parquet file")


@contextmanager
def clearly() -> Iterator[None]:
    """Say in one line what went wrong on Spark.

    Raises
    ------
    SparkError
        If anything did.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        said = str(error)
        if found := re.search(r"file:\S+\.parquet|\S+://\S+\.parquet", said) if _UNREADABLE.search(said) else None:
            raise FileError(f"Spark cannot read {found[0]}; write it again or leave it out") from error
        if _LOST.search(said) or _stopped():
            raise SparkError(
                "Spark lost its executors while it worked: they were killed or ran out of memory; give them more with "
                "spark.executor.memory in [spark] conf, or run it again"
            ) from error
        raise SparkError(f"Spark failed: {_gist(said)}") from error


def _stopped() -> bool:
    """Whether Spark has given up; whatever is asked of it then fails in one odd way or another."""
    context = SparkContext._active_spark_context
    try:
        return context is not None and bool(context._jsc.sc().isStopped())
    except Py4JError:
        return True


def _gist(said: str) -> str:
    """Return the line of a report that says what happened."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    caused = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (caused or lines or ["it does not say why"])[-1 if caused else 0][:300]


# --- What it reads ----------------------------------------------------------------------------------------------------


def read_events(spark: SparkSession, source: str) -> DataFrame:
    """Read a log with the columns of `shop.columns.EVENTS`, as far as it has them, in their types.

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
    if source.startswith("jdbc:"):
        # Java looks for drivers by itself only among its own jars, not among those that Spark was given.
        named = {"driver": driver} if (driver := _DRIVERS.get(source.split(":")[1])) else {}
        return _typed(_with_extension(spark.read.format("jdbc").options(url=source, dbtable="events", **named), source))
    if (Path(source) / "_delta_log").is_dir():
        return _typed(_with_extension(spark.read.format("delta").option("path", source), source))
    exported = Path(source) / EVENTS_FILE
    return _typed(_read_parquet(spark, str(exported if exported.is_file() else source)))


def _with_extension(reader: Any, source: str) -> DataFrame:
    """Read what Spark knows by a jar of its own."""
    try:
        read: DataFrame = reader.load()
    except (PySparkException, Py4JError) as error:
        if re.search("DATA_SOURCE_NOT_FOUND|No suitable driver|ClassNotFoundException", str(error)):
            what = "a JDBC driver" if source.startswith("jdbc:") else "Delta Lake"
            shown = source.partition("?")[0]  # what follows may be a password
            raise SettingsError(
                f"Spark needs the jar of {what} to read {shown}; name it in [spark] conf, as spark.jars or "
                "spark.jars.packages"
            ) from error
        raise
    return read


def _read_parquet(spark: SparkSession, source: str) -> DataFrame:
    """Read files that all have the same columns: Spark itself would fill what a part lacks with nulls."""
    try:
        files = spark.read.format("binaryFile").option("pathGlobFilter", "*.parquet").load(source)
        parts = sorted(row.path for row in files.select("path").collect())
    except AnalysisException as error:
        raise FileError(f"there is no {source}; name Parquet files, a Delta table or a jdbc: URL") from error
    if not parts:
        raise FileError(f"{source} holds no .parquet file; name Parquet files, a Delta table or a jdbc: URL")
    first, *others = (_columns_of(spark, part) for part in parts)
    for part, columns in zip(parts[1:], others, strict=True):
        for name in sorted(first.keys() | columns.keys()):
            if first.get(name) != columns.get(name):
                raise FormatError(
                    f"{part} has {name} as {columns.get(name, 'no column')}, and {parts[0]} as "
                    f"{first.get(name, 'no column')}; write the one that is wrong again, or leave it out"
                )
    return spark.read.parquet(*parts)


def _columns_of(spark: SparkSession, part: str) -> dict[str, str]:
    try:
        schema = spark.read.parquet(part).schema
    except (PySparkException, Py4JError) as error:
        raise FileError(f"{part} is no Parquet file that can be read; write it again or leave it out") from error
    return {field.name: field.dataType.simpleString() for field in schema if field.name in EVENTS}


def _typed(frame: DataFrame) -> DataFrame:
    there = [field for field in frame.schema if field.name in EVENTS]
    return frame.select(*(_as(EVENTS[field.name], field).alias(field.name) for field in there))


def _as(word: str, field: T.StructField) -> Column:
    column = F.col(field.name)
    if field.name == TIMESTAMP and isinstance(field.dataType, T.TimestampType | T.TimestampNTZType):
        return F.unix_micros(column.cast("timestamp"))
    if field.name == PRICE and isinstance(field.dataType, T.FractionalType):
        return F.round(column * MICROS).cast("long")
    return column.cast(_TYPES[word])


# --- What is learnt from ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SparkLog:
    """A cleaned log on Spark, and what every model of it shares.

    Attributes
    ----------
    events
        With the columns of `prepare.build.NEEDED` and `OPTIONAL`; each event once.
    weights
        What each kind of event adds.
    now
        The moment at which the log ends, from which ages count.
    items
        Which dense number stands for which item.
    """

    events: DataFrame
    weights: Weights
    now: int
    items: Vocabulary

    @classmethod
    def of(cls, events: DataFrame, weights: Weights, now: int, also: Iterable[str] = ()) -> Self:
        """Give the items of cleaned events their numbers, and others, such as those of the catalogue."""
        named = {row[ITEM_ID] for row in events.select(ITEM_ID).distinct().toLocalIterator()}
        # Strings in Python's order are in that of their code points, as are those of Polars and Spark in UTF-8.
        return cls(events, weights, now, Vocabulary(sorted(named.union(also))))

    def until(self, cut: int) -> Self:
        """Return the log as it stood at an earlier moment."""
        return self.of(self.events.filter(F.col(TIMESTAMP) < cut), self.weights, cut)

    def weighing(self, weights: Weights) -> Self:
        """Return the log with other weights."""
        return replace(self, weights=weights)

    def weighed(self) -> DataFrame:
        """Return the events with their weights, without ratings that were revised since."""
        frame: DataFrame = weighed_events(nw.from_native(self.events), self.weights, self.now).to_native()
        return frame

    def pairs(self) -> DataFrame:
        """Return who likes what: `user_id`, `item_id` and `weight`, above 0; the entries of `Interactions.matrix`."""
        of_users = nw.from_native(self.weighed()).filter(~nw.col(USER_ID).is_null())
        pairs: DataFrame = aggregate(of_users).filter(nw.col(WEIGHT) > 0).to_native()
        return pairs.select(USER_ID, ITEM_ID, (F.col(WEIGHT) / BILLION).cast("float").alias(WEIGHT))

    def stars(self) -> DataFrame:
        """Return who rated what: `user_id`, `item_id` and `rating`, the last of each pair."""
        rated = self.weighed().filter((F.col(EVENT) == EventKind.RATE.value) & F.col(USER_ID).isNotNull())
        return rated.groupBy(USER_ID, ITEM_ID).agg(F.max("rating").alias("rating"))

    def users_count(self) -> int:
        """Return how many users there are."""
        return self.events.filter(F.col(USER_ID).isNotNull()).select(USER_ID).distinct().count()

    def numbered(self, frame: DataFrame) -> DataFrame:
        """Put dense numbers, `user` and `item`, in the place of a frame's ids, those of users in their order.

        Users are numbered on one executor; it sees nothing but their ids.
        """
        users: DataFrame = (
            nw.from_native(frame.select(USER_ID).distinct())
            .with_columns((nw.col(USER_ID).cum_count().over(order_by=USER_ID) - 1).cast(nw.Int32).alias(USER))
            .to_native()
        )
        return self.with_items(frame.join(users, USER_ID)).drop(USER_ID)

    def with_items(self, frame: DataFrame) -> DataFrame:
        """Put the dense numbers of items, `item`, in the place of their ids."""
        return frame.join(F.broadcast(self._item_numbers()), ITEM_ID).drop(ITEM_ID)

    def of_known(self) -> DataFrame:
        """Return the events that a user has with an item that has a number."""
        events = self.events.filter(F.col(USER_ID).isNotNull())
        return events.join(F.broadcast(self._item_numbers()), ITEM_ID, "left_semi")

    def _item_numbers(self) -> DataFrame:
        ids = pl.Series(ITEM_ID, self.items.ids, dtype=pl.String)
        table = pl.DataFrame([ids, pl.Series(ITEM, np.arange(len(ids), dtype=np.int32))])
        return to_spark(self.events.sparkSession, table)

    def newest(self, most: int) -> DataFrame:
        """Return the events of so many last days (UTC) that they are at most `most`, but those of one day at least."""
        day = F.floor(F.col(TIMESTAMP) / DAY).cast("long")
        counts = self.events.groupBy(day.alias("day")).count().orderBy(F.desc("day")).collect()
        kept = np.searchsorted(np.cumsum([row["count"] for row in counts]), most, side="right")
        first = counts[max(int(kept), 1) - 1]["day"]
        return self.events.filter(F.col(TIMESTAMP) >= first * DAY)

    def of_some(self, since: int, most: int) -> DataFrame:
        """Return all events of at most so many of the users who have any since a moment; hashes choose them."""
        acting = self.events.filter((F.col(TIMESTAMP) >= since) & F.col(USER_ID).isNotNull()).select(USER_ID).distinct()
        return self.events.join(acting.orderBy(F.xxhash64(USER_ID), USER_ID).limit(most), USER_ID, "left_semi")


def cleaned_on_spark(events: DataFrame) -> DataFrame:
    """Return cleaned events."""
    frame: DataFrame = cleaned_events(nw.from_native(events)).to_native()
    return frame


@contextmanager
def kept(frame: DataFrame) -> Iterator[DataFrame]:
    """Lend a frame that Spark works out once and keeps, for what asks for it more than once."""
    try:
        yield frame.persist()
    finally:
        # A session that has died cannot let go either, and its death is what has to be told.
        with suppress(PySparkException, Py4JError):
            frame.unpersist()


def extent_of(events: DataFrame) -> tuple[int, int, int]:
    """Return the first and the last moment of cleaned events, and how many there are.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    moment = F.col(TIMESTAMP)
    first, last, count = events.agg(F.min(moment), F.max(moment), F.count("*")).collect()[0]
    if count == 0:
        raise NotEnoughData(
            "no event says what anybody likes; import views, carts, purchases or ratings that name an item"
        )
    return first, last, count


# --- To and from it ---------------------------------------------------------------------------------------------------


def to_spark(spark: SparkSession, table: pl.DataFrame) -> DataFrame:
    """Bring a table to Spark."""
    return spark.createDataFrame(table.to_arrow())


def to_polars(frame: DataFrame) -> pl.DataFrame:
    """Bring a frame to this process."""
    table = pl.from_arrow(frame.toArrow())
    assert isinstance(table, pl.DataFrame)  # noqa: S101
    return table


# --- Work of our own on executors -------------------------------------------------------------------------------------


def by_users(events: DataFrame, work: Callable[[pl.DataFrame], Iterator[pl.DataFrame]], schema: pl.Schema) -> DataFrame:
    """Hand all events of some users at a time to executors, which need this package, and return what comes of it.

    Rows travel as Python objects: the way through Arrow asks for pandas.
    """
    columns = [(name, events.schema[name].dataType.simpleString()) for name in events.columns]
    types = pl.Schema({name: _POLARS[kind] for name, kind in columns})

    def run(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        frame = pl.DataFrame([tuple(row) for row in rows], types, orient="row")
        for table in work(frame) if frame.height else ():
            yield from table.rows()

    answers = events.repartition(USER_ID).rdd.mapPartitions(run)
    return events.sparkSession.createDataFrame(answers, to_spark(events.sparkSession, schema.to_frame()).schema)


_POLARS: Final = {"string": pl.String, "bigint": pl.Int64, "int": pl.Int32, "double": pl.Float64}


def cores(spark: SparkSession) -> int:
    """Return how many tasks run at a time."""
    return spark.sparkContext.defaultParallelism


def in_parallel(spark: SparkSession, work: Callable[[Asked], Answer], asked: Sequence[Asked]) -> list[Answer]:
    """Return what work makes of each thing, in their order, as many at a time as Spark has cores.

    Whatever work holds travels once to each executor, which needs this package.
    """
    held = spark.sparkContext.broadcast(work)
    try:
        answers: list[Answer] = (
            spark.sparkContext.parallelize(asked, len(asked)).map(lambda one: held.value(one)).collect()
        )
    finally:
        held.destroy()
    return answers
