from collections.abc import Callable

import numpy as np
import pytest

from aisle.engine.shelf.fallback import Floats, Found, Ints, fill
from aisle.engine.shelf.filters import RequestContext
from aisle.engine.shelf.reranking import Shelved, shelve
from tests.engine.products import Product, bound, known

PLAIN = known(*[Product()] * 300)


def found(*items: int, fallback: str | None = None, filled: bool = True) -> Found:
    return Found(np.array(items, np.int32), np.arange(len(items), 0, -1).astype(np.float32), fallback, filled=filled)


def popular(reach: int) -> Ints:
    return np.arange(min(reach, 300), dtype=np.int32)


def without(*gone: int, n: int = 3) -> Callable[[Found, Ints, Floats], tuple[Ints, Shelved]]:
    """Return what puts shelves up in a shop that left some items out."""
    context = RequestContext(left_out=np.array(gone, np.int32))

    def put(_: Found, items: Ints, scores: Floats) -> tuple[Ints, Shelved]:
        return items, shelve(items, scores, PLAIN.take(items), bound(300), n, context)

    return put


def test_what_was_found_comes_first_and_popular_items_fill_it_up_unscored() -> None:
    filled = fill([found(7, 5)], popular, without(), 3)
    assert filled.shelved.items.tolist() == [7, 5, 0]
    assert np.isnan(filled.shelved.scores).tolist() == [False, False, True]


def test_a_shelf_that_says_what_its_items_are_is_not_filled_up() -> None:
    assert fill([found(7, 5, filled=False)], popular, without(), 3).shelved.items.tolist() == [7, 5]


def test_the_popular_items_are_looked_through_further_down() -> None:
    assert fill([found(7)], popular, without(*range(200)), 3).shelved.items.tolist() == [200, 201, 202]


@pytest.mark.parametrize("filled", [True, False])
def test_where_nothing_stands_of_what_was_found_the_next_takes_its_place(filled: bool) -> None:
    shown = fill([found(7, filled=filled), found(5, fallback="popular")], popular, without(7), 1)
    assert shown.found.fallback == "popular"
    assert shown.shelved.items[0] == 5


def test_a_shop_with_nothing_to_show_has_an_empty_shelf() -> None:
    assert len(fill([found(7)], popular, without(*range(300)), 3).shelved.items) == 0
