"""Training on a cluster of separate processes, and what becomes of them when it fails."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.app.train import Trained
from aisle.engine.recipe import SHELF_SAMPLE
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.shop import moments
from aisle.shop.errors import AisleError, FileError, FormatError, NotEnoughData, SettingsError
from tests.runner import Runner
from tests.small_shop import TOOLS
from tests.spark import changed, hasty

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def rating(number: int) -> dict[str, object]:
    """Return a rating of yesterday; all numbers are different pairs."""
    row = {"event": "rate", "user_id": f"user-{number % 40}", "item_id": f"tool-{number // 40}", "rating": 5}
    return row | {"timestamp": moments.from_moment(moments.now() - moments.DAY).isoformat()}


def bundle(shop: Shop, version: int) -> Bundle:
    row = next(one for one in shop.models() if one.version == version)
    return registry.load(shop.settings.bundles, row)


def test_the_bundle_is_what_this_machine_makes(folder: Path) -> None:
    with Shop.open(folder) as shop:
        sparked, local = bundle(shop, 1), bundle(shop, 2)
    assert sparked.parts.keys() == local.parts.keys() - {SHELF_SAMPLE}
    assert sparked.items.ids == local.items.ids
    assert sparked.manifest.window == local.manifest.window
    assert sparked.manifest.recipe == local.manifest.recipe
    for role, part in sparked.parts.items():
        arrays = part.arrays()
        for name, array in local.parts[role].arrays().items():
            assert (arrays[name].dtype, arrays[name].shape) == (array.dtype, array.shape)
            if role != "personal":
                np.testing.assert_allclose(arrays[name], array, rtol=1e-5, err_msg=f"{role}.{name}")


def test_its_figures_are_about_those_of_this_machine(folder: Path) -> None:
    with Shop.open(folder) as shop:
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
        assert trained.reason.endswith("it is another recipe than the live one, which stays")
        assert shop.model_version() == 2


def test_a_training_that_would_lose_stars_needs_force(spark: "SparkSession", folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.import_events([rating(number) for number in range(120)])
        assert shop.train("als").live
        kept = shop.train_on_spark("als")
        assert not kept.live
        assert "lacks what the live model has: stars (svd learns from the whole log on one machine)" in kept.reason
        assert shop.train_on_spark("als", force=True).live


def test_a_stray_event_is_left_out_and_named(spark: "SparkSession", folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.import_events([rating(0) | {"timestamp": "2015-06-01"}])
        trained = shop.train_on_spark("als")
        assert trained.skipped["stray events"].startswith("1 of 2015-06-01, far from all others")
        assert bundle(shop, trained.version).manifest.window == bundle(shop, 1).manifest.window


def test_a_hybrid_is_said_to_be_skipped(sparked: tuple[Path, Trained]) -> None:
    _, trained = sparked
    assert trained.live
    assert "als takes its place" in trained.skipped["hybrid"]
    assert "fewer than 100 ratings" in trained.skipped["stars"]


def test_a_log_that_is_too_long_is_judged_by_some_and_a_live_hybrid_stays(
    spark: "SparkSession", hybrid_folder: Path, tmp_path: Path
) -> None:
    folder = hasty(shutil.copytree(hybrid_folder, tmp_path / "shop"))
    with Shop.open(changed(folder, '# master = "local[*]"', "newest_events = 100")) as shop:
        trained = shop.train_on_spark("als")
        assert not trained.live
        assert trained.reason.endswith("it is another recipe than the live one, which stays")
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


def test_the_command_learns_from_an_export_what_the_database_teaches(
    spark: "SparkSession", aisle: Runner, folder: Path, tmp_path: Path
) -> None:
    with Shop.open(folder) as shop:
        shop.export(tmp_path / "export")
        ran = aisle("-C", folder, "train", "--engine", "spark", "--source", tmp_path / "export")
        first, again = bundle(shop, 1), bundle(shop, 3)
    assert ran.code == 0, ran.err
    assert "it is the live recipe, on newer events" in ran.out
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


def test_the_command_says_what_belongs_together(aisle: Runner, folder: Path) -> None:
    assert "--source is for --engine spark" in aisle("-C", folder, "train", "--source", "x").err
    assert "--source is for --engine spark" in aisle("-C", folder, "recommend", "--all", "--to-db", "--source", "x").err
    assert "--budget is for the ranker" in aisle("-C", folder, "train", "--engine", "spark", "--budget", "9s").err


def test_a_missing_java_is_one_line(folder: Path) -> None:
    ran = command(folder, {"JAVA_HOME": "/nowhere"}).communicate()
    assert re.fullmatch(r"aisle: .*Spark needs Java 17 or newer, and there is none in /nowhere; install .*\n", ran[1])


def test_killed_executors_leave_the_live_model_alone(folder: Path) -> None:
    patience = '{"spark.task.maxFailures": "1", "spark.deploy.maxExecutorRetries": "1"}'
    running = command(folder, {"AISLE_SPARK__MASTER": "local-cluster[1,1,1024]", "AISLE_SPARK__CONF": patience})
    while running.poll() is None:
        for executor in executors_of(running.pid):
            subprocess.run(["kill", "-9", str(executor)], check=False)
        time.sleep(0.1)
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


BUSY_SECONDS: Final = 2
"""An executor that has spent so much processor time has started to work."""


def executors_of(process: int) -> list[int]:
    """Return the executors below a process that have started to work."""
    table = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,cputimes,args"], capture_output=True, text=True, check=True)
    parents, found = {}, []
    for line in table.stdout.splitlines()[1:]:
        pid, parent, seconds, arguments = line.split(None, 3)
        parents[int(pid)] = int(parent)
        if "CoarseGrainedExecutorBackend" in arguments and int(seconds) >= BUSY_SECONDS:
            found.append(int(pid))
    return [one for one in found if process in ancestors(one, parents)]


def ancestors(process: int, parents: dict[int, int]) -> set[int]:
    found = set()
    while process in parents:
        process = parents[process]
        found.add(process)
    return found
