import polars as pl

from aisle.prepare.catalogue import SCHEMA, aligned, top_categories
from aisle.shop.columns import CATEGORY, ITEM_ID, TITLE
from aisle.shop.ids import Vocabulary


def test_rows_follow_the_order_of_the_items() -> None:
    catalogue = pl.DataFrame({ITEM_ID: ["a", "b", "not asked"], TITLE: ["A", "B", "N"]})

    result = aligned(catalogue, Vocabulary(["b", "unheard of", "a"]))

    assert result.schema == SCHEMA
    assert result[ITEM_ID].to_list() == ["b", "unheard of", "a"]
    assert result[TITLE].to_list() == ["B", None, "A"]


def test_the_first_step_of_a_category_counts() -> None:
    catalogue = aligned(
        pl.DataFrame({ITEM_ID: ["a", "b", "c", "d"], CATEGORY: ["Tea > Green", "Tools", "Tea", None]}),
        Vocabulary(["a", "b", "c", "d", "not in the catalogue"]),
    )

    result = top_categories(catalogue)

    assert result is not None
    assert result.tolist() == [1, 2, 1, 0, 0]


def test_a_shop_without_categories_has_none() -> None:
    assert top_categories(aligned(pl.DataFrame({ITEM_ID: ["a"]}), Vocabulary(["a", "b"]))) is None
