"""The Spark that tests run on: a cluster on this machine whose executors are processes of their own.

Where there is no PySpark or no Java its tests skip, unless `AISLE_TEST_REQUIRE_ALL=1` asks for all of them.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from aisle.prepare.spark.java import check_java
from aisle.shop.errors import SparkError
from tests.databases import REQUIRED

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER: Final = "local-cluster[2,1,1024]"
"""Two executors with a core and a gigabyte each."""

HURRY: Final = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-Xss16m -XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-Xss16m -XX:TieredStopAtLevel=1",
}
"""Small tables are done before any of Spark's compilers has paid."""


@contextmanager
def cluster() -> Iterator["SparkSession"]:
    """Start the cluster, lend it, and stop it."""
    problem = absent()
    if problem is not None and REQUIRED:
        pytest.fail(problem)
    if problem is not None:
        pytest.skip(problem)
    from aisle.prepare.spark.session import session

    with session(MASTER, HURRY) as spark:
        work = Path(os.environ["SPARK_HOME"]) / "work" / str(spark.sparkContext.applicationId)
        try:
            yield spark
        finally:
            shutil.rmtree(work, ignore_errors=True)


def absent() -> str | None:
    """Return why there can be no Spark here, or None."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed"
    try:
        check_java()
    except SparkError as error:
        return str(error)
    return None


def changed(folder: Path, setting: str, value: str) -> Path:
    """Put a setting in the place of another one in a shop's settings."""
    toml = folder / "aisle.toml"
    assert setting in toml.read_text()
    toml.write_text(toml.read_text().replace(setting, value))
    return folder


def hasty(folder: Path) -> Path:
    """Let a shop's als take few steps: on Spark each is several jobs, however small the log is."""
    with (folder / "aisle.toml").open("a") as toml:
        toml.write("\n[models.als]\nfactors = 8\niterations = 4\n")
    return folder
