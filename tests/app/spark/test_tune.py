from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aisle.app.shop import Shop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_trials_on_spark_have_the_values_that_they_have_here(spark: "SparkSession", folder: Path) -> None:
    pytest.importorskip("optuna")
    with Shop.open(folder) as shop:
        tuned = shop.tune("item_knn", 3, on_spark=True)
        assert (tuned.added, tuned.failed, tuned.stopped) == (3, 0, "trials")
        again = shop.tune("item_knn", 0)
        assert [trial.number for trial in again.best] == [trial.number for trial in tuned.best]
        assert shop.tune("item_knn", 2, on_spark=True, timeout=0).stopped == "timeout"
