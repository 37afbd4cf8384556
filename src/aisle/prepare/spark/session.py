"""The Spark session: started, lent, and its failures said in one line."""

import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from aisle.prepare.spark.credentials import cause, hide_credentials
from aisle.prepare.spark.java import check_java
from aisle.shop.errors import FileError, SparkError

Session: TypeAlias = SparkSession
Frame: TypeAlias = DataFrame

_STACK: Final = "-Xss16m"
_LOST: Final = re.compile("ExecutorLostFailure|OutOfMemoryError|Master removed our application")
_CALL: Final = "An error occurred while calling"
"""How a report of Java begins, before it says what happened."""

_UNREADABLE: Final = re.compile(r"FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER|not a Parquet file")


@contextmanager
def session(master: str, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """Lend a session: the one that runs already, as in a notebook, or a new one that ends with the block.

    Whatever fails on Spark within the block leaves it as one `SparkError`.

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


def _start(master: str, conf: Mapping[str, str]) -> SparkSession:
    # Executors are processes of their own: they find Spark, this machine and this Python by these variables alone.
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    ours = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "FATAL",  # what fails is reported once, by `clearly`
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
        # PySpark warns as soon as pandas is installed, used or not.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        spark: SparkSession = builder.getOrCreate()
        spark.range(1)  # imports the rest
    return spark


@contextmanager
def clearly() -> Iterator[None]:
    """Say in one line what went wrong on Spark.

    Raises
    ------
    FileError
        If a Parquet file cannot be read.
    SparkError
        If anything else fails.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        report, known = hide_credentials(str(error)), cause(error)
        if file := re.search(r"file:\S+\.parquet|\S+://\S+\.parquet", report) if _UNREADABLE.search(report) else None:
            raise FileError(f"Spark cannot read {file[0]}; write it again or leave it out") from known
        if _LOST.search(report) or _stopped():
            raise SparkError(
                "Spark lost its executors while it worked: they were killed or ran out of memory; give them more with "
                "spark.executor.memory in [spark] conf, or run it again"
            ) from known
        raise SparkError(f"Spark failed: {_gist(report)}") from known


def _stopped() -> bool:
    """Tell whether Spark has stopped; every call then fails in another odd way."""
    context = SparkContext._active_spark_context
    try:
        return context is not None and bool(context._jsc.sc().isStopped())
    except Py4JError:
        return True


def _gist(report: str) -> str:
    """Return the line of an error report that says what happened."""
    lines = [line.strip() for line in report.splitlines() if line.strip() and not line.startswith(_CALL)]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    if causes:
        return causes[-1][:300]
    return lines[0].removeprefix(": ")[:300] if lines else "it does not say why"
