import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aisle.app.shop import Shop
from aisle.app.train import Trained
from tests.spark import changed, hasty

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="package")
def sparked(
    spark: "SparkSession", untrained_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Trained]:
    """Return a shop that asks for a hybrid, whose first model comes from Spark and the second, an als, from here.

    With it comes what the first training said; tests leave the shop as it is.
    """
    folder = shutil.copytree(untrained_folder, tmp_path_factory.mktemp("sparked") / "shop")
    with Shop.open(changed(hasty(folder), 'model = "als"', 'model = "hybrid"')) as shop:
        trained = shop.train_on_spark()
        shop.train("als")
    return folder, trained


@pytest.fixture
def folder(sparked: tuple[Path, Trained], tmp_path: Path) -> Path:
    return shutil.copytree(sparked[0], tmp_path / "shop")
