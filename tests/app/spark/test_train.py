"""Training, shelves and trials on a cluster of separate processes, and what becomes of them when it fails."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.shop.errors import AisleError, FileError, FormatError, InputError, NotEnoughData, SettingsError
from aisle.storage import recommendations
from tests.runner import Runner
from tests.small_shop import TOOLS
from tests.spark import GROUP

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = GROUP


def changed(folder: Path, setting: str, value: str) -> Path:
    """Put a setting in the place of another one in a shop's settings."""
    toml = folder / "aisle.toml"
    assert setting in toml.read_text()
    toml.write_text(toml.read_text().replace(setting, value))
    return folder


def bundle(shop: Shop, version: int) -> Bundle:
    row = next(one for one in shop.models() if one.version == version)
    return registry.load(shop.settings.bundles, row)


@pytest.fixture(scope="module")
def sparked_folder(spark: "SparkSession", untrained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop whose first model comes from Spark and the second from here; tests leave it as it is."""
    folder = shutil.copytree(untrained_folder, tmp_path_factory.mktemp("sparked") / "shop")
    with Shop.open(folder) as shop:
        shop.train_on_spark()
        shop.train()
    return folder


@pytest.fixture
def folder(sparked_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sparked_folder, tmp_path / "shop")


def test_the_bundle_is_what_this_machine_makes(sparked_folder: Path) -> None:
    with Shop.open(sparked_folder) as shop:
        sparked, local = bundle(shop, 1), bundle(shop, 2)
    assert sparked.parts.keys() == local.parts.keys()
    assert sparked.items.ids == local.items.ids
    assert sparked.manifest.window == local.manifest.window
    assert sparked.manifest.recipe == local.manifest.recipe
    for role, part in local.parts.items():
        arrays = sparked.parts[role].arrays()
        for name, array in part.arrays().items():
            assert (arrays[name].dtype, arrays[name].shape) == (array.dtype, array.shape)
            if role != "personal":
                np.testing.assert_allclose(arrays[name], array, rtol=1e-5, err_msg=f"{role}.{name}")


def test_its_figures_are_about_those_of_this_machine(sparked_folder: Path) -> None:
    with Shop.open(sparked_folder) as shop:
        sparked, local = (bundle(shop, version).manifest.metrics["als"] for version in (1, 2))
    assert sparked["all"]["shoppers"] == local["all"]["shoppers"]
    assert sparked["all"]["ndcg"] == pytest.approx(local["all"]["ndcg"], abs=0.05)


def test_the_model_answers_shoppers(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.promote(1)
        shelf = shop.recommend("user-1", 5)
        assert {item.item_id for item in shelf.items} <= set(TOOLS)
        assert shelf.fallback is None
        assert shop.recommend("a stranger", 3).fallback == "popular"


def test_a_recipe_that_loses_stays_out(folder: Path) -> None:
    with Shop.open(folder) as shop:
        trained = shop.train_on_spark("popularity")
        assert not trained.live
        assert [one.model for one in trained.measured] == ["popularity", "als", "popularity"]
        assert shop.model_version() == 2


def test_a_hybrid_is_said_to_be_left_out(spark: "SparkSession", untrained_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    with Shop.open(changed(folder, 'model = "als"', 'model = "hybrid"')) as shop:
        trained = shop.train_on_spark()
        assert trained.live
        assert "als takes its place" in trained.skipped["hybrid"]
        assert "fewer than 100 ratings" in trained.skipped["stars"]


def test_a_log_that_is_too_long_is_judged_by_some_and_a_live_hybrid_stays(
    spark: "SparkSession", hybrid_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(hybrid_folder, tmp_path / "shop")
    with Shop.open(changed(folder, '# master = "local[*]"', "newest_events = 100")) as shop:
        trained = shop.train_on_spark("als")
        assert not trained.live
        assert trained.reason == "the live hybrid cannot be trained here to compare"
        assert trained.measured[0].report.all.shoppers == shop.evaluate(["als"])[0].report.all.shoppers
        assert trained.items == len(bundle(shop, 1).items)


def test_a_model_that_spark_cannot_train_is_refused(spark: "SparkSession", folder: Path) -> None:
    with (
        Shop.open(folder) as shop,
        pytest.raises(SettingsError, match="svd is not trained on Spark; choose one of als"),
    ):
        shop.train_on_spark("svd")


def test_bots_are_not_looked_for_on_spark(spark: "SparkSession", folder: Path) -> None:
    changed(folder, "# leave_out_bots = false", "leave_out_bots = true")
    with Shop.open(folder) as shop, pytest.raises(SettingsError, match="leave_out_bots looks at the whole log"):
        shop.train_on_spark()


def test_a_shop_without_events_is_told(spark: "SparkSession", tmp_path: Path) -> None:
    with Shop.open(tmp_path / "new") as shop, pytest.raises(NotEnoughData, match="no events yet"):
        shop.train_on_spark()


def test_an_export_teaches_what_the_database_does(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        shop.export(tmp_path / "export")
        trained = shop.train_on_spark(source=str(tmp_path / "export"))
        first, again = bundle(shop, 1), bundle(shop, trained.version)
    assert trained.reason == "the live recipe, on newer events"
    for role, part in first.parts.items():
        for name, array in part.arrays().items():
            if role != "personal":
                np.testing.assert_array_equal(again.parts[role].arrays()[name], array)


@pytest.mark.parametrize(("harm", "error"), [("cut", FileError), ("drift", FormatError)])
def test_bad_parts_leave_the_live_model_alone(folder: Path, tmp_path: Path, harm: str, error: type[AisleError]) -> None:
    with Shop.open(folder) as shop:
        shop.export(tmp_path / "export")
        source, table = tmp_path / "parts", pl.read_parquet(tmp_path / "export" / "events.parquet")
        source.mkdir()
        table.write_parquet(source / "1.parquet")
        other = source / "2.parquet"
        table.with_columns(pl.col("timestamp").cast(pl.String)).write_parquet(other)
        if harm == "cut":
            other.write_bytes((source / "1.parquet").read_bytes()[:-9])
        with pytest.raises(error, match=r"2\.parquet"):
            shop.train_on_spark(source=str(source))
        assert [row.version for row in shop.models()] == [2, 1]
        assert shop.model_version() == 2


# --- Everybody's shelves ----------------------------------------------------------------------------------------------


def test_executors_fill_the_shelves_that_this_machine_fills(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        expected = shop.recommend_all(5, tmp_path / "here.parquet")
        for _ in range(2):  # over an older one, too
            written = shop.recommend_all_on_spark(5, tmp_path / "there.parquet")
    assert (written.users, written.rows) == (expected.users, expected.rows) == (40, 200)
    here, there = (
        pl.read_parquet(tmp_path / f"{where}.parquet").sort("user_id", "rank") for where in ("here", "there")
    )
    assert here.drop("score").equals(there.drop("score"))
    np.testing.assert_allclose(there["score"], here["score"], rtol=1e-3)
    assert not list(tmp_path.glob(".there*"))


def test_shelves_from_spark_go_into_the_database(folder: Path) -> None:
    with Shop.open(folder) as shop:
        written = shop.recommend_all_on_spark(5, exclude="purchased")
        alone = [item.item_id for item in shop.recommend("user-7", 5, "purchased").items]
        rows = recommendations.of_user(shop.db, "user-7", "recommended-for-you")
    assert (written.users, written.rows) == (40, 40 * len(alone))
    assert [row[3] for row in rows] == alone


def test_shelves_on_spark_are_for_everybody_and_parquet(aisle: Runner, folder: Path) -> None:
    with Shop.open(folder) as shop, pytest.raises(InputError, match="Spark writes nothing else"):
        shop.recommend_all_on_spark(5, folder / "out.csv")
    assert "add --all" in aisle("-C", folder, "recommend", "--user-id", "user-1", "--engine", "spark").err


# --- Trials -----------------------------------------------------------------------------------------------------------


def test_trials_on_spark_have_the_values_that_they_have_here(spark: "SparkSession", folder: Path) -> None:
    pytest.importorskip("optuna")
    with Shop.open(folder) as shop:
        tuned = shop.tune("item_knn", 3, on_spark=True)
        assert (tuned.added, tuned.failed, tuned.stopped) == (3, 0, "trials")
        again = shop.tune("item_knn", 0)
        assert [trial.number for trial in again.best] == [trial.number for trial in tuned.best]
        assert shop.tune("item_knn", 2, on_spark=True, timeout=0).stopped == "timeout"


# --- The command line, and a cluster that dies ------------------------------------------------------------------------


def test_the_command_says_what_belongs_together(aisle: Runner, folder: Path) -> None:
    assert "--source is for --engine spark" in aisle("-C", folder, "train", "--source", "x").err
    assert "--source is for --engine spark" in aisle("-C", folder, "recommend", "--all", "--to-db", "--source", "x").err
    assert "--budget is for the ranker" in aisle("-C", folder, "train", "--engine", "spark", "--budget", "9s").err


def test_the_command_trains_on_spark(spark: "SparkSession", aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "train", "--engine", "spark")
    assert (ran.code, "Model 3 is live: the live recipe" in ran.out) == (0, True)


def test_a_missing_java_is_one_line(folder: Path) -> None:
    ran = command(folder, {"JAVA_HOME": "/nowhere"}).communicate(timeout=60)
    assert re.fullmatch(r"aisle: .*Spark needs Java 17 or newer, and there is none in /nowhere; install .*\n", ran[1])


def test_killed_executors_leave_the_live_model_alone(folder: Path) -> None:
    patience = '{"spark.task.maxFailures": "1", "spark.deploy.maxExecutorRetries": "1"}'
    running = command(folder, {"AISLE_SPARK__MASTER": "local-cluster[1,1,1024]", "AISLE_SPARK__CONF": patience})
    while running.poll() is None:
        executors = executors_of(running.pid)
        time.sleep(3)
        for executor in executors:
            subprocess.run(["kill", "-9", str(executor)], check=False)
    said = running.communicate()[1]
    assert running.returncode == 2
    assert re.search(r"^aisle: Spark lost its executors while it worked: .*run it again$", said, re.MULTILINE), said
    with Shop.open(folder) as shop:
        assert [row.status for row in shop.models()] == ["live", "retired"]
        assert shop.recommend("user-1", 5).fallback is None


def command(folder: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """Start a training on Spark in a process of its own."""
    arguments: list[Any] = [sys.executable, "-m", "aisle.cli.main", "-C", folder, "train", "--engine", "spark"]
    return subprocess.Popen(
        arguments, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def executors_of(process: int) -> list[int]:
    """Return the executors below a process."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    parents, found = {}, []
    for line in listed.splitlines()[1:]:
        pid, parent, arguments = line.split(None, 2)
        parents[int(pid)] = int(parent)
        if "CoarseGrainedExecutorBackend" in arguments:
            found.append(int(pid))
    return [one for one in found if process in ancestors(one, parents)]


def ancestors(process: int, parents: dict[int, int]) -> set[int]:
    found = set()
    while process in parents:
        process = parents[process]
        found.add(process)
    return found
