import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.engine.shelf.rules import Window
from aisle.engine.shelf.shares import places_for, spread
from tests.engine.products import known, product


@pytest.mark.parametrize(("share", "n", "places"), [(0.3, 10, 3), (0.3, 5, 1), (0.3, 3, 0), (1.0, 7, 7), (0.0, 9, 0)])
def test_a_share_never_has_more_places_than_it_says(share: float, n: int, places: int) -> None:
    assert places_for(share, n) == places


def test_a_window_lets_the_next_best_go_first() -> None:
    brands = [product(brand=brand) for brand in ("a", "a", "b", "a", "c")]
    order = spread(known(*brands), [Window("brand", 1, 3)], 5)
    assert order.tolist() == [0, 2, 4, 1]


def test_pins_stay_and_items_without_a_brand_go_anywhere() -> None:
    brands = [product(brand=brand) for brand in ("a", "a", None, None, "a")]
    assert spread(known(*brands), [Window("brand", 1, 2)], 5, np.arange(2)).tolist() == [0, 1, 2, 3, 4]


def test_a_window_looks_ahead_to_what_has_its_place() -> None:
    brands = [product(brand=brand) for brand in ("a", "a", "b", "c", "d")]
    assert spread(known(*brands), [Window("brand", 1, 3)], 5, np.array([2])).tolist() == [2, 3, 0, 4]
    assert spread(known(*brands), [Window("brand", 1, 2)], 5, np.array([2])).tolist() == [1, 2, 0, 3, 4]


def test_what_is_held_beyond_the_end_of_a_shelf_moves_up() -> None:
    brands = [product(brand=brand) for brand in ("b", "a", "a")]
    assert spread(known(*brands), [Window("brand", 1, 2)], 5, np.array([4])).tolist() == [1, 0]


def test_a_category_is_the_whole_path() -> None:
    paths = [product(category=path) for path in ("Tea > Green", "Tea > Green", "Tea > Black")]
    assert spread(known(*paths), [Window("category", 1, 2)], 3).tolist() == [0, 2, 1]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(1, 3), st.integers(1, 3))
def test_no_window_holds_more_than_it_may(brands: list[str], most: int, more: int) -> None:
    order = spread(known(*[product(brand=brand) for brand in brands]), [Window("brand", most, most + more)], 10)
    shown = [brands[place] for place in order]
    assert len(set(order.tolist())) == len(order)
    for start in range(len(shown)):
        inside = shown[start : start + most + more]
        assert all(inside.count(brand) <= most for brand in inside)
