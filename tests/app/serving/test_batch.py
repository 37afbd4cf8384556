import shutil
from pathlib import Path

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.shop.errors import FileError, InputError, NoModel, NotEnoughData
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.shelves import recommendations
from tests.small_shop import TEAS, TOOLS
from tests.storage.samples import row


@pytest.mark.parametrize("name", ["shelves.parquet", "shelves.csv"])
def test_the_shelves_of_a_batch_are_the_live_ones(folder: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    with Shop.open(folder) as shop:
        written = shop.recommend_all(5, out)
        table = pl.read_parquet(out) if name.endswith("parquet") else pl.read_csv(out)
        alone = [item.item_id for item in shop.recommend("user-7", 5).items]
    assert (written.users, written.rows) == (40, 200)
    assert table.columns == ["user_id", "rank", "item_id", "score"]
    assert table.filter(pl.col("user_id") == "user-7").sort("rank")["item_id"].to_list() == alone


def test_what_nobody_known_did_changes_no_shelf_of_a_batch(folder: Path, tmp_path: Path) -> None:
    """It is not even read; but the newest event says what time it is, whoever did it."""
    with Shop.open(folder) as shop:
        newest = max(line.timestamp for line in shop.history("user-7", 100))
        views = [
            row("events", event_id=f"e{n}", event="view_item", item_id=TOOLS[0], timestamp=newest) for n in range(9)
        ]
        shop.recommend_all(5, tmp_path / "before.parquet")
        events.store(shop.db, views)
        shop.recommend_all(5, tmp_path / "after.parquet")
    before, after = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("before", "after"))
    assert before.equals(after)


def test_a_log_of_nobody_is_told(folder: Path) -> None:
    with Shop.open(folder) as shop:
        with shop.db.write() as connection:
            connection.exec_driver_sql("UPDATE events SET user_id = NULL")
        shutil.rmtree(folder / "columns")  # no copy can know of it
        with pytest.raises(NotEnoughData, match="no event names a shopper"):
            shop.recommend_all(5)
        with shop.db.write() as connection:
            connection.exec_driver_sql("DELETE FROM events")
        with pytest.raises(NotEnoughData, match="no events yet"):
            shop.recommend_all(5)


def test_purchases_are_not_shown_if_they_are_excluded(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        shop.recommend_all(10, tmp_path / "all.parquet", "purchased")
        bought = {line.item_id for line in shop.history("user-7", 100)}
    table = pl.read_parquet(tmp_path / "all.parquet").filter(pl.col("user_id") == "user-7")
    assert not bought & set(table["item_id"])


@pytest.mark.parametrize(
    ("name", "message"), [("shelves.txt", "neither .parquet nor .csv"), ("no/such.csv", "no folder")]
)
def test_a_file_that_cannot_be_written_is_named(folder: Path, tmp_path: Path, name: str, message: str) -> None:
    with Shop.open(folder) as shop, pytest.raises(FileError, match=message):
        shop.recommend_all(5, tmp_path / name)


def test_a_folder_of_the_same_name_is_refused_and_no_file_stays(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with Shop.open(folder) as shop, pytest.raises(FileError, match="cannot write"):
        shop.recommend_all(5, tmp_path / "out.csv")
    assert not list(tmp_path.glob(".out*"))


def test_without_a_model_the_message_says_what_to_do(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(untrained_folder) as shop, pytest.raises(NoModel, match="aisle train"):
        shop.recommend_all(5, tmp_path / "out.csv")


def test_the_rules_of_a_placement_hold_in_a_batch(folder: Path, tmp_path: Path) -> None:
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
def test_an_unavailable_item_is_on_no_shelf(folder: Path, tmp_path: Path, placement: str) -> None:
    with Shop.open(folder) as shop:
        for item_id in (*TEAS[:8], *TOOLS[:3]):
            row = {columns.ITEM_ID: item_id, columns.HIDDEN: True}
            items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.recommend_all(10, tmp_path / "all.parquet", placement=placement)
    assert not {*TEAS[:8], *TOOLS[:3]} & set(pl.read_parquet(tmp_path / "all.parquet")["item_id"])


def test_an_item_that_the_catalogue_does_not_list_is_on_no_shelf_of_a_batch(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        with shop.db.write() as connection:
            connection.exec_driver_sql("DELETE FROM items WHERE item_id = 'tea-1'")
        shop.recommend_all(20, tmp_path / "shelves.csv")
    shown = set(pl.read_csv(tmp_path / "shelves.csv")["item_id"])
    assert "tea-1" not in shown
    assert "tea-2" in shown


def test_the_database_holds_the_newest_shelf_of_every_shopper(folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.recommend_all(8)
        written = shop.recommend_all(5)
        rows = recommendations.of_user(shop.db, "user-7", "recommended-for-you")
        alone = [item.item_id for item in shop.recommend("user-7", 5).items]
    assert written.rows == 200
    assert [row[3] for row in rows] == alone
    assert {row[5] for row in rows} == {1}


def test_a_shopper_for_whom_the_strategy_has_nothing_gets_no_shelf(folder: Path) -> None:
    with Shop.open(folder) as shop:
        assert shop.recommend_all(5, placement="recently-viewed").rows == 0


@pytest.mark.parametrize("placement", ["similar-items", "frequently-bought-together", "cart"])
def test_a_placement_about_an_item_or_a_cart_is_refused(folder: Path, placement: str) -> None:
    with Shop.open(folder) as shop, pytest.raises(InputError, match="--all needs another"):
        shop.recommend_all(5, placement=placement)


def test_a_pin_newer_than_the_model_is_on_every_shelf_and_a_mistyped_one_on_none(folder: Path, tmp_path: Path) -> None:
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


def test_new_arrivals_that_no_model_knows_are_on_every_shelf(folder: Path, tmp_path: Path) -> None:
    with Shop.open(folder) as shop:
        row = {columns.ITEM_ID: "brand-new", columns.AVAILABLE_FROM: moments.now() - moments.DAY}
        items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.recommend_all(5, tmp_path / "all.parquet", placement="new-arrivals")
    assert set(pl.read_parquet(tmp_path / "all.parquet")["item_id"]) == {"brand-new"}
