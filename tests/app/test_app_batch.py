from pathlib import Path

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.shop.errors import FileError, NoModel


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
