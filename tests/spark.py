"""The Spark that tests run on: a cluster on this machine whose executors are processes of their own.

Where there is no PySpark or no Java its tests skip, unless `AISLE_TEST_REQUIRE_ALL=1` asks for all of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from aisle.shop.errors import SparkError
from tests.databases import REQUIRED

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER: Final = "local-cluster[2,1,1024]"
"""Two executors with a core and a gigabyte each."""

GROUP: Final = pytest.mark.xdist_group("spark")
"""Tests that share one cluster."""


@contextmanager
def cluster() -> Iterator["SparkSession"]:
    """Start the cluster, lend it, and stop it."""
    problem = absent()
    if problem is not None and REQUIRED:
        pytest.fail(problem)
    if problem is not None:
        pytest.skip(problem)
    from aisle.prepare.spark import session

    with session(MASTER, {"spark.sql.shuffle.partitions": "3", "spark.default.parallelism": "3"}) as spark:
        yield spark


def absent() -> str | None:
    """Return why there can be no Spark here, or None."""
    try:
        from aisle.prepare.spark import check_java

        check_java()
    except ImportError as error:
        return f"Spark is not installed: {error}"
    except SparkError as error:
        return str(error)
    return None
