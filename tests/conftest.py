"""A small shop, trained once and quickly, of which every test gets a copy; and the command line, in this process."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from aisle.app.serve import Live
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from tests.runner import Runner
from tests.small_shop import make_small_shop
from tests.spark import cluster
from tests.workers import ByFile, longest_first

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The same examples in every run, and no judgement by the clock: timings live in benchmarks.
settings.register_profile("aisle", derandomize=True, deadline=None)
settings.load_profile("aisle")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getvalue("dist") in ("load", "loadgroup") else None


@pytest.fixture(scope="session")
def untrained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_small_shop(tmp_path_factory.mktemp("small") / "untrained")
    settings = (folder / FILE).read_text()
    (folder / FILE).write_text(settings.replace('# model = "hybrid"', 'model = "als"'))
    return folder


@pytest.fixture(scope="session")
def trained_folder(untrained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(untrained_folder, tmp_path_factory.mktemp("small") / "trained")
    with Shop.open(folder) as shop:
        shop.train()
    return folder


@pytest.fixture(scope="session")
def trained_busy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_small_shop(tmp_path_factory.mktemp("small") / "busy", shoppers=240)
    settings = (folder / FILE).read_text()
    (folder / FILE).write_text(settings.replace('# model = "hybrid"', 'model = "als"'))
    with Shop.open(folder) as shop:
        shop.train()
    return folder


@pytest.fixture
def busy_folder(trained_busy_folder: Path, tmp_path: Path) -> Path:
    """Return the shop with so many shoppers that models can be told apart."""
    return shutil.copytree(trained_busy_folder, tmp_path / "busy")


@pytest.fixture(scope="session")
def hybrid_folder(untrained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop with the model that shops have unless they ask for another; tests leave it as it is."""
    folder = shutil.copytree(untrained_folder, tmp_path_factory.mktemp("small") / "hybrid")
    with Shop.open(folder) as shop:
        shop.train("hybrid")
    return folder


@pytest.fixture
def folder(trained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_folder, tmp_path / "shop")


@pytest.fixture
def live(folder: Path) -> Iterator[Live]:
    with Live(Settings.read(folder)) as live:
        yield live


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """Return a cluster whose executors are processes of their own, started when it is first asked for."""
    with cluster() as session:
        yield session


@pytest.fixture
def aisle(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)
