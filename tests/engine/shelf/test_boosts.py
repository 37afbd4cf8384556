from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.engine.shelf.attributes import attributes_of_rows
from aisle.engine.shelf.boosts import boosted, factors, in_place, pinned
from aisle.shop.facts import ItemFacts
from tests.engine.products import NOW, bound, known, numbers, product

PLAIN = [product()] * 40


def order_with(boosts: dict[str, float], *products: ItemFacts) -> list[int]:
    rows = products or PLAIN
    rules = bound(len(rows), boosts=boosts)
    return list(boosted(np.arange(len(rows)), numbers(len(rows)), known(*rows), rules))


def test_a_boost_divides_the_rank() -> None:
    assert order_with({"item:19": 2.0}).index(19) == 10
    assert order_with({"item:9": 0.5}).index(9) == 18


def test_a_boost_of_one_changes_nothing() -> None:
    assert order_with({"item:19": 1.0}) == list(range(40))


@given(st.integers(0, 39), st.floats(0.01, 10), st.floats(1, 100))
def test_a_larger_boost_never_moves_an_item_down(item: int, boost: float, more: float) -> None:
    key = f"item:{item}"
    assert order_with({key: boost * more}).index(item) <= order_with({key: boost}).index(item)


def test_boosts_of_category_brand_and_item_multiply() -> None:
    products = [product(), product(category="Tea > Green", brand="Acme"), product(category="Tea")]
    rules = bound(boosts={"category:Tea": 1.5, "category:Tea > Green": 2.0, "brand:Acme": 0.5, "item:1": 4.0})
    assert factors(numbers(3), known(*products), rules).tolist() == [1.0, 1.5 * 2 * 0.5 * 4, 1.5]


def test_a_boost_that_matches_no_candidate_has_no_effect() -> None:
    rules = bound(boosts={"category:Milk": 3.0, "brand:Zen": 2.0, "item:8": 5.0})
    assert factors(numbers(1), known(product(brand="Acme")), rules).tolist() == [1.0]


def test_overstock_is_moved_up_by_how_long_it_lasts() -> None:
    rows = [product(stock=stock) for stock in (5, 10, 20, 10**9, -5)] + [product(), product(stock=99)]
    sales = np.array([1, 1, 1, 1, 1, 1, 0], np.float32)
    attributes = attributes_of_rows(rows, NOW, sales, usual_cover=10.0)
    boosts = factors(numbers(7), attributes, bound(overstock_boost=0.5))
    np.testing.assert_allclose(boosts, [1, 1, 1.25, 1.5, 1, 1, 1], atol=1e-6)


def test_overstock_changes_the_order() -> None:
    rows = [product(stock=1), product(stock=1), product(stock=1000)]
    attributes = attributes_of_rows(rows, NOW, np.ones(3, np.float32), usual_cover=1.0)
    assert boosted(np.arange(3), numbers(3), attributes, bound(overstock_boost=1.0)).tolist() == [0, 2, 1]


def test_without_a_usual_cover_nothing_is_overstock() -> None:
    attributes = attributes_of_rows([product(stock=10**6)], NOW, np.ones(1, np.float32))
    assert factors(numbers(1), attributes, bound(overstock_boost=3.0)).tolist() == [1.0]


@pytest.mark.parametrize(
    ("rules", "order", "places"),
    [
        ({}, [2, 0, 1], []),
        ({"pins": ("1", "9")}, [1, 2, 0], [0]),
        ({"pins": ("0", "1")}, [0, 1, 2], [0, 1]),
        ({"locks": {"2": 2}}, [2, 0, 1], [1]),
        ({"pins": ("0",), "locks": {"2": 1}}, [2, 0, 1], [0, 1]),
        ({"pins": ("brand:Acme",)}, [0, 2, 1], [0]),
        ({"pins": ("brand:Acme", "brand:Acme")}, [0, 1, 2], [0, 1]),
        ({"pins": ("0",), "locks": {"brand:Acme": 3}}, [0, 1, 2], [0, 2]),
        ({"pins": ("brand:none",)}, [2, 0, 1], []),
    ],
)
def test_pins_and_locks_come_first_with_their_places(
    rules: dict[str, Any], order: list[int], places: list[int]
) -> None:
    attributes = known(product(brand="Acme"), product(brand="Acme"), product(brand="Zen"))
    first = pinned(np.array([2, 0, 1]), numbers(3), attributes, bound(**rules))
    assert (first.order.tolist(), first.places.tolist()) == (order, places)


@pytest.mark.parametrize(
    ("candidates", "places", "stands"),
    [(4, [0, 1], [0, 1, 2, 3]), (4, [1, 3], [2, 0, 3, 1]), (3, [7], [1, 2, 0]), (2, [4, 6], [0, 1]), (0, [], [])],
)
def test_the_others_stand_around_the_held_ones(candidates: int, places: list[int], stands: list[int]) -> None:
    assert in_place(candidates, np.array(places, np.intp)).tolist() == stands
