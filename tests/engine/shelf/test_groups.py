import pytest

from aisle.engine.shelf.groups import read_named
from tests.engine.products import known, product

PRODUCTS = [
    product(category="Tea > Green", brand="Acme", price=10_000_000, cost=4_000_000),
    product(category="Tea", brand="Zen", price=20_000_000, cost=19_000_000),
    product(brand="acme", price=5_000_000, cost=0),
    product(price=0, cost=1_000_000),
    product(cost=1_000_000),
    None,
]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("category:Tea", [0, 1]),
        ("category:Tea>Green", [0]),
        ("category:Milk", []),
        ("brand:Acme", [0]),
        ("brand:none", []),
        ("price:5..10", [0, 2]),
        ("price:..5", [2, 3]),
        ("price:10.5..", [1]),
        ("margin:0.6..", [0]),
        ("margin:..0.1", [1]),
        ("margin: -1 .. 1 ", [0, 1]),
    ],
)
def test_a_group_holds_the_items_that_it_says(text: str, inside: list[int]) -> None:
    group = read_named("pins", text)
    assert not isinstance(group, str)
    assert group.of(known(*PRODUCTS)).nonzero()[0].tolist() == inside


@pytest.mark.parametrize(
    ("text", "item_id"), [("a", "a"), ("item:brand:7", "brand:7"), ("x:7", "x:7"), ("brand", "brand")]
)
def test_anything_else_is_an_item(text: str, item_id: str) -> None:
    assert read_named("pins", text) == item_id


def test_an_item_that_costs_more_than_it_brings_has_a_negative_margin() -> None:
    attributes = known(product(price=1_000_000, cost=2_000_000)).joined(known(product(price=4_000_000, cost=1_000_000)))
    assert attributes.margin.tolist() == [-1.0, 0.75]
