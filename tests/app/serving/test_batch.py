from pathlib import Path

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.shop.errors import FileError, InputError, NoModel
from aisle.storage import items, recommendations
from tests.small_shop import TEAS, TOOLS


@pytest.mark.parametrize("name", ["shelves.parquet", "shelves.csv"])
def test_everybody_gets_the_shelf_that_they_get_alone(folder: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    with Shop.open(folder) as shop:
        written = shop.recommend_all(5, out)
        table = pl.read_parquet(out) if name.endswith("parquet") else pl.read_csv(out)
        alone = [item.item_id for item in shop.recommend("user-7", 5).items]
    assert (written.users, written.rows) == (40, 200)
    assert table.columns == ["user_id", "rank", "item_id", "score"]
    assert table.filter(pl.col("user_id") == "user-7").sort("rank")["item_id"].to_list() == alone


def test_nobody_gets_what_they_bought_if_it_is_excluded(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        shop.recommend_all(10, tmp_path / "all.parquet", "purchased")
        bought = {line.item_id for line in shop.history("user-7", 100)}
    table = pl.read_parquet(tmp_path / "all.parquet").filter(pl.col("user_id") == "user-7")
    assert not bought & set(table["item_id"])


@pytest.mark.parametrize(("name", "said"), [("shelves.txt", "neither .parquet nor .csv"), ("no/such.csv", "no folder")])
def test_a_file_that_cannot_be_written_is_named(folder: Path, tmp_path: Path, name: str, said: str) -> None:
    with Shop.open(folder) as shop, pytest.raises(FileError, match=said):
        shop.recommend_all(5, tmp_path / name)


def test_a_folder_in_the_way_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with Shop.open(folder) as shop, pytest.raises(FileError, match="cannot write"):
        shop.recommend_all(5, tmp_path / "out.csv")
    assert not list(tmp_path.glob(".out*"))


def test_without_a_model_the_message_says_what_to_do(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(untrained_folder) as shop, pytest.raises(NoModel, match="aisle train"):
        shop.recommend_all(5, tmp_path / "out.csv")


def test_the_rules_of_a_placement_hold_for_everybody(folder: Path, tmp_path: Path) -> None:
    with (folder / "aisle.toml").open("a") as file:
        file.write('[placements.tools]\ncategories = ["Tools"]\npins = ["tool-1"]\n')
    with Shop.open(folder) as shop:
        shop.recommend_all(20, tmp_path / "all.parquet", placement="tools")
        alone = [item.item_id for item in shop.recommend("user-0", 20, placement="tools").items]
    table = pl.read_parquet(tmp_path / "all.parquet")
    assert set(table["item_id"]) == set(TOOLS)
    assert set(table.filter(pl.col("rank") == 1)["item_id"]) == {"tool-1"}
    assert table.filter(pl.col("user_id") == "user-0")["item_id"].to_list() == alone


@pytest.mark.parametrize("placement", ["recommended-for-you", "bestsellers", "buy-it-again", "new-arrivals"])
def test_what_cannot_be_had_is_on_nobodys_shelf(folder: Path, tmp_path: Path, placement: str) -> None:
    with Shop.open(folder) as shop:
        for item_id in (*TEAS[:8], *TOOLS[:3]):
            row = {columns.ITEM_ID: item_id, columns.HIDDEN: True}
            items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.recommend_all(10, tmp_path / "all.parquet", placement=placement)
    assert not {*TEAS[:8], *TOOLS[:3]} & set(pl.read_parquet(tmp_path / "all.parquet")["item_id"])


def test_the_database_keeps_everybodys_shelf_and_only_the_newest(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.recommend_all(8)
        written = shop.recommend_all(5)
        kept = recommendations.of_user(shop.db, "user-7", "recommended-for-you")
        alone = [item.item_id for item in shop.recommend("user-7", 5).items]
    assert written.rows == 200
    assert [row[3] for row in kept] == alone
    assert {row[5] for row in kept} == {1}


def test_whoever_has_nothing_for_a_placement_gets_no_shelf(folder: Path) -> None:
    with Shop.open(folder) as shop:
        assert shop.recommend_all(5, placement="recently-viewed").rows == 0


@pytest.mark.parametrize("placement", ["similar-items", "frequently-bought-together", "cart"])
def test_a_placement_about_a_page_is_nobodys_shelf(folder: Path, placement: str) -> None:
    with Shop.open(folder) as shop, pytest.raises(InputError, match="--all needs another"):
        shop.recommend_all(5, placement=placement)


def test_a_pin_newer_than_the_model_stands_on_everybodys_shelf_and_a_mistyped_one_on_none(
    folder: Path, tmp_path: Path
) -> None:
    with (folder / "aisle.toml").open("a") as file:
        file.write('[placements.home]\npins = ["brand-new", "tae-1"]\n')
    with Shop.open(folder) as shop:
        row = {columns.ITEM_ID: "brand-new", columns.TITLE: "Brand new"}
        items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.recommend_all(5, tmp_path / "all.parquet", placement="home")
        alone = [item.item_id for item in shop.recommend("user-0", 5, placement="home").items]
    table = pl.read_parquet(tmp_path / "all.parquet")
    assert set(table.filter(pl.col("rank") == 1)["item_id"]) == {"brand-new"}
    assert table.filter(pl.col("user_id") == "user-0")["item_id"].to_list() == alone


def test_new_arrivals_that_no_model_knows_are_on_everybodys_shelf(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        row = {columns.ITEM_ID: "brand-new", columns.AVAILABLE_FROM: moments.now() - moments.DAY}
        items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.recommend_all(5, tmp_path / "all.parquet", placement="new-arrivals")
    assert set(pl.read_parquet(tmp_path / "all.parquet")["item_id"]) == {"brand-new"}
