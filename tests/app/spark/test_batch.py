"""Everybody's shelves, filled on a cluster of separate processes."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.shop.errors import InputError
from aisle.storage.shelves import recommendations
from tests.runner import Runner


def test_executors_fill_the_shelves_that_this_machine_fills(folder: Path, tmp_path: Path) -> None:
    older = tmp_path / "there.parquet" / "older.parquet"
    older.parent.mkdir()
    with Shop.open(folder) as shop:
        expected = shop.recommend_all(5, tmp_path / "here.parquet")
        shutil.copy(tmp_path / "here.parquet", older)
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
