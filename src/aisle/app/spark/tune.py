"""Trials on Spark: each executor fits and measures settings, so that several trials run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from aisle.app.settings import Settings
from aisle.app.spark.session import spark_session
from aisle.app.tuning.search import Workers


@contextmanager
def spark_workers(settings: Settings) -> Iterator[Workers]:
    """Run as many trials at a time as Spark has cores.

    Raises
    ------
    SettingsError
        If PySpark is not installed.
    SparkError
        If Spark fails; finished trials are kept.
    """
    with spark_session(settings) as spark:
        from aisle.prepare.spark.executors import cores, in_parallel

        yield Workers(cores(spark), partial(in_parallel, spark))
