import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.engine.shelf.attributes import (
    ItemAttributes,
    attributes_of_catalogue,
    attributes_of_rows,
    median_cover,
    sold_here,
    steps_of,
)
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import UNKNOWN
from tests.engine.products import NOW, known, product

TYPES = {
    "title": pl.String,
    "category": pl.String,
    "brand": pl.String,
    "item_group_id": pl.String,
    "price": pl.Int64,
    "stock": pl.Int64,
    "in_stock": pl.Boolean,
    "available_from": pl.Int64,
    "hidden": pl.Boolean,
}

products = st.builds(
    product,
    title=st.sampled_from([None, "", "Mug"]),
    category=st.sampled_from([None, "", "A", "A > B", "A>B", " > ", "A > B > C", "D"]),
    brand=st.sampled_from([None, "", "Acme", "Zen"]),
    item_group_id=st.sampled_from([None, "g", "h"]),
    price=st.sampled_from([None, 0, 12_500_000]),
    stock=st.sampled_from([None, -1, 0, 1, 7]),
    in_stock=st.sampled_from([None, True, False]),
    available_from=st.sampled_from([None, NOW - 1, NOW, NOW + 1]),
    hidden=st.sampled_from([None, True, False]),
)


def assert_equal(actual: ItemAttributes, expected: ItemAttributes) -> None:
    for name, value in vars(actual).items():
        np.testing.assert_array_equal(value, getattr(expected, name), err_msg=name)
        if isinstance(value, np.ndarray):
            assert value.dtype == getattr(expected, name).dtype


@given(st.lists(products, max_size=8))
def test_rows_and_a_catalogue_give_equal_attributes(rows: list[ItemFacts]) -> None:
    catalogue = pl.DataFrame([[getattr(row, name) for name in TYPES] for row in rows], schema=TYPES, orient="row")
    sales = np.arange(len(rows), dtype=np.float32)
    tail = sales > 2
    assert_equal(
        attributes_of_rows(rows, NOW, sales, tail, 30.0), attributes_of_catalogue(catalogue, NOW, sales, tail, 30.0)
    )


def meaning(attributes: ItemAttributes) -> list[tuple[object, ...]]:
    """Return what is said of each item, whatever its codes."""
    paths, brands, groups = (
        {code: name for name, code in codes.items()} | {UNKNOWN: None}
        for codes in (attributes.paths, attributes.brands, attributes.groups)
    )
    coded = zip(attributes.category.tolist(), attributes.brand.tolist(), attributes.group.tolist(), strict=True)
    plain = zip(attributes.title, attributes.price.tolist(), attributes.hidden, attributes.sold_out, strict=True)
    return [
        ([paths[step] for step in steps if step != UNKNOWN], brands[brand], groups[group], *map(str, others))
        for (steps, brand, group), others in zip(coded, plain, strict=True)
    ]


@given(st.lists(products, max_size=8), st.lists(products, max_size=8))
def test_joined_attributes_say_what_each_said(rows: list[ItemFacts], others: list[ItemFacts]) -> None:
    joined = attributes_of_rows(rows, NOW).joined(attributes_of_rows(others, NOW))
    assert meaning(joined) == meaning(attributes_of_rows(rows + others, NOW))


@given(st.lists(products, min_size=3, max_size=8), products)
def test_updated_attributes_differ_in_the_place_that_changed(rows: list[ItemFacts], new: ItemFacts) -> None:
    updated = attributes_of_rows(rows, NOW).updated(np.array([1]), attributes_of_rows([new], NOW))
    assert meaning(updated) == meaning(attributes_of_rows([rows[0], new, *rows[2:]], NOW))


def test_a_missing_column_of_the_catalogue_is_unknown() -> None:
    catalogue = pl.DataFrame({"item_id": ["a"], "brand": ["Acme"]})
    assert_equal(attributes_of_catalogue(catalogue, NOW), known(product(brand="Acme")))


@pytest.mark.parametrize(
    ("product", "available"),
    [
        (None, True),
        (product(), True),
        (product(stock=1), True),
        (product(stock=0), False),
        (product(stock=-3), False),
        (product(stock=5, in_stock=False), False),
        (product(stock=0, in_stock=True), False),
        (product(in_stock=False), False),
        (product(in_stock=True), True),
        (product(hidden=True, stock=5), False),
        (product(hidden=False), True),
        (product(available_from=NOW), True),
        (product(available_from=NOW + 1), False),
    ],
)
def test_which_items_are_available(product: ItemFacts | None, available: bool) -> None:
    assert known(product).available.tolist() == [available]


def test_a_category_contains_its_subcategories() -> None:
    attributes = known(product(category="Tea > Green"), product(category="Tea"), product(category="Coffee"), product())
    assert (attributes.category == attributes.paths["Tea"]).any(axis=1).tolist() == [True, True, False, False]
    assert (attributes.category == attributes.paths["Tea > Green"]).any(axis=1).tolist() == [True, False, False, False]


def test_steps_of_the_same_name_under_different_parents_are_different_categories() -> None:
    assert known(product(category="Men > Shoes"), product(category="Women > Shoes")).category.tolist() == [
        [0, 1],
        [2, 3],
    ]


@pytest.mark.parametrize(
    ("path", "steps"),
    [("A", ("A",)), (" A>B > C ", ("A", "A > B", "A > B > C")), ("A > > B", ("A", "A > B")), (" > ", ()), ("", ())],
)
def test_spaces_and_empty_steps_of_a_path_are_removed(path: str, steps: tuple[str, ...]) -> None:
    assert steps_of(path) == steps


def test_variants_share_a_group_and_brands_a_code() -> None:
    attributes = known(product(item_group_id="g", brand="b"), product(item_group_id="g"), product(brand="b"))
    assert attributes.group.tolist() == [0, 0, UNKNOWN]
    assert attributes.brand.tolist() == [0, UNKNOWN, 0]


def test_prices_are_in_units_of_the_currency() -> None:
    np.testing.assert_array_equal(known(product(price=12_500_000), product()).price, [12.5, np.nan])


def test_attributes_of_no_items() -> None:
    attributes = known()
    assert (len(attributes), attributes.category.shape, attributes.available.tolist()) == (0, (0, 0), [])


def test_attributes_of_some_items_keep_their_values_and_codes() -> None:
    rows = [product(title=str(n), category="A > B", brand=f"b{n}", price=n, stock=n, hidden=n == 2) for n in range(4)]
    some, attributes = known(*rows).take(np.array([3, 2])), known(*rows)
    assert some.title.tolist() == ["3", "2"]
    assert some.stock.tolist() == [3, 2]
    assert some.available.tolist() == [True, False]
    assert some.brand.tolist() == [attributes.brands["b3"], attributes.brands["b2"]]
    assert some.paths is not None
    assert some.category.tolist() == [[0, 1], [0, 1]]


def test_cover_is_how_many_days_the_stock_lasts() -> None:
    rows = [product(stock=10), product(stock=10), product(), product(stock=10)]
    attributes = attributes_of_rows(rows, NOW, np.array([2, 0, 1, np.nan], np.float32))
    np.testing.assert_array_equal(attributes.cover, [5, np.nan, np.nan, np.nan])


def test_the_usual_cover_is_that_of_the_median_item_in_stock() -> None:
    stock = np.array([10, 20, 90, 0, 50, np.nan], np.float32)
    assert median_cover(stock, np.array([1, 1, 1, 1, 0, 1], np.float32)) == 20


def test_without_sales_the_usual_cover_is_unknown() -> None:
    assert np.isnan(median_cover(np.array([3], np.float32), np.array([np.nan], np.float32)))


def test_a_catalogue_says_what_is_sold_if_it_holds_at_least_half() -> None:
    half, less = np.array([True, False, True, False]), np.array([True, False, False, False])
    assert sold_here(half).tolist() == half.tolist()
    assert sold_here(less).all()
