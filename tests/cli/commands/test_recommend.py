from pathlib import Path

import msgspec
import polars as pl
import pytest

from aisle.app.shop import Shop
from tests.runner import Runner


def test_a_shelf_stands_beside_the_history(aisle: Runner, folder: Path) -> None:
    out = aisle("-C", folder, "recommend", "--user-id", "user-0", "-n", 3).out
    assert "Recommended for user-0" in out
    assert "The tea-" in out
    assert "£12.50" in out
    assert "purchase" in out


def test_a_shelf_for_programs_is_the_apis(aisle: Runner, folder: Path) -> None:
    answer = msgspec.json.decode(aisle("-C", folder, "recommend", "--user-id", "user-0", "-n", 3, "--json").out)
    assert answer["placement"] == "recommended-for-you"
    assert len(answer["items"]) == 3
    assert {"item_id", "name", "image_url", "price", "score"} <= answer["items"][0].keys()


def test_an_unknown_shopper_gets_the_popular_shelf_with_a_note(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "recommend", "--user-id", "nobody")
    assert ran.code == 0
    assert "This is the popular shelf" in ran.out


def test_everybodys_shelf_goes_to_a_file(aisle: Runner, folder: Path, tmp_path: Path) -> None:
    ran = aisle("-C", folder, "recommend", "--all", "-n", 4, "--out", tmp_path / "all.parquet")
    assert ran.code == 0
    assert pl.read_parquet(tmp_path / "all.parquet").height == 160


def test_everybodys_shelf_goes_to_the_database(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "recommend", "--all", "-n", 4, "--to-db", "--placement", "bestsellers")
    assert (ran.code, "160 rows → the table recommendations" in ran.err) == (0, True)


def test_a_file_name_with_brackets_is_shown_as_it_is(aisle: Runner, folder: Path, tmp_path: Path) -> None:
    ran = aisle("-C", folder, "recommend", "--all", "-n", 4, "--out", tmp_path / "all[bold].csv")
    assert f"→ {tmp_path / 'all[bold].csv'} (" in ran.err


def test_a_page_and_a_cart_may_be_named(aisle: Runner, folder: Path) -> None:
    similar = ("--placement", "similar-items", "--item", "tea-1", "--cart", "tea-2", "--cart", "tea-3")
    ran = aisle("-C", folder, "recommend", "--session-id", "visit", *similar, "--json")
    shelf = msgspec.json.decode(ran.out)
    assert shelf["placement"] == "similar-items"
    assert not {"tea-1", "tea-2", "tea-3"} & {item["item_id"] for item in shelf["items"]}


def test_a_placement_stands_above_its_shelf(aisle: Runner, folder: Path) -> None:
    assert (
        "Bestsellers, for user-0"
        in aisle("-C", folder, "recommend", "--user-id", "user-0", "--placement", "bestsellers").out
    )


def test_similar_items(aisle: Runner, folder: Path) -> None:
    assert "The tea-" in aisle("-C", folder, "similar", "tea-1", "-n", 3).out
    assert msgspec.json.decode(aisle("-C", folder, "similar", "tea-1", "--json").out)["placement"] == "similar-items"


def test_markup_in_a_name_is_only_text(aisle: Runner, folder: Path) -> None:
    assert "<script>" in aisle("-C", folder, "recommend", "--user-id", "user-1", "-n", 10).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend"], "--user-id ID"),
        (["recommend", "--all"], "--out"),
        (["recommend", "--all", "--out", "x.csv", "--to-db"], "a file or the database"),
        (["recommend", "--all", "--to-db", "--placement", "cart"], "not a shopper"),
        (["recommend", "--user-id", "u", "--placement", "similar-items"], "item_id"),
        (["recommend", "--all", "--user-id", "u"], "say for whom"),
        (["recommend", "--user-id", ""], "--user-id is empty"),
        (["recommend", "--session-id", ""], "--session-id is empty"),
        (["recommend", "--all", "--out", "x.doc"], "neither .parquet nor .csv"),
        (["similar", "cake"], "cake"),
    ],
)
def test_a_mistake_costs_one_clear_line(aisle: Runner, folder: Path, arguments: list[str], message: str) -> None:
    ran = aisle("-C", folder, *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_without_a_model_the_line_says_what_to_do(aisle: Runner, untrained_folder: Path) -> None:
    ran = aisle("-C", untrained_folder, "recommend", "--user-id", "user-0")
    assert (ran.code, ran.err) == (2, "aisle: no model yet; run aisle train\n")


def test_the_shelf_of_a_page_needs_no_shopper(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "recommend", "--placement", "frequently-bought-together", "--item", "tea-1")
    assert ran.code == 0, ran.err
    assert "for anybody who looks at tea-1" in ran.out


def orders_of_single_items(folder: Path, model: str) -> Path:
    """Make a shop in which nothing was ever bought together, and train a model."""
    rows = [
        f"u{user},{'tea' if user % 2 else 'tool'}-{(user + day) % 8},purchase,2024-{1 + day // 28:02}-{1 + day % 28:02}"
        for user in range(80)
        for day in range(user % 14, 112, 14)
    ]
    folder.mkdir()
    (folder / "orders.csv").write_text("\n".join(["user_id,item_id,event,timestamp", *rows]) + "\n")
    with Shop.open(folder) as shop:
        shop.import_events(folder / "orders.csv")
        shop.train(model, force=True)
    return folder


def test_the_cart_of_an_unknown_visitor_is_folded_in(aisle: Runner, tmp_path: Path) -> None:
    shop = orders_of_single_items(tmp_path / "shop", "als")
    ran = aisle("-C", shop, "recommend", "--placement", "cart", "--cart", "tea-2", "--cart", "tea-4", "-n", 2, "--json")
    assert ran.code == 0, ran.err
    answer = msgspec.json.decode(ran.out)
    assert answer["fallback"] == "personal_instead"
    assert [item["item_id"].split("-")[0] for item in answer["items"]] == ["tea"] * 2
    assert answer["fallback"] == "personal_instead"


def test_a_model_that_compares_no_items_says_so(aisle: Runner, tmp_path: Path) -> None:
    shop = orders_of_single_items(tmp_path / "shop", "popularity")
    ran = aisle("-C", shop, "similar", "tea-2")
    assert ran.code == 0, ran.err
    out = ran.out
    assert "Bestsellers" in out
    assert "The live model compares no items" in out
    assert "Similar to" not in out


def test_the_list_of_models_names_the_hybrid(aisle: Runner, folder: Path) -> None:
    assert (
        "there is no model 'oracle'; choose one of hybrid, als" in aisle("-C", folder, "train", "--model", "oracle").err
    )


@pytest.mark.parametrize("option", ["--user-id", "--session-id"])
def test_an_empty_id_is_refused(aisle: Runner, folder: Path, option: str) -> None:
    ran = aisle("-C", folder, "recommend", option, "")
    assert (ran.code, ran.err) == (2, f"aisle: {option} is empty; give an id, or leave it out\n")
