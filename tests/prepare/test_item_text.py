from typing import Any

import numpy as np
import polars as pl

from aisle.prepare.catalogue import aligned
from aisle.prepare.item_text import ASPECTS, labels, price_levels, words
from aisle.shop.columns import ATTRIBUTES, BRAND, CATEGORY, DESCRIPTION, ITEM_ID, PRICE, TAGS, TITLE
from aisle.shop.ids import Vocabulary


def catalogue(columns: dict[str, list[Any]]) -> pl.DataFrame:
    ids = [f"i{number}" for number in range(len(next(iter(columns.values()))))]
    return aligned(pl.DataFrame({ITEM_ID: ids, **columns}), Vocabulary(ids))


def test_words_are_what_is_written_about_an_item() -> None:
    items = catalogue({TITLE: ["Cup", None, None], DESCRIPTION: ["Holds tea.", "A saw.", None], BRAND: ["x"] * 3})
    assert words(items) == ["Cup\nHolds tea.", "A saw.", ""]


def test_aspects_are_read_where_they_are() -> None:
    items = catalogue({TITLE: ["Cup", "Saw"]}).with_columns(pl.Series(ASPECTS, ["handle|glaze", None]))
    assert words(items) == ["Cup\nhandle|glaze", "Saw"]


def test_every_step_of_a_category_is_a_label() -> None:
    assert labels(catalogue({CATEGORY: ["A > B> C", None]})) == ["category=A\ncategory=A > B\ncategory=A > B > C", ""]


def test_brand_tags_and_attributes_are_labels() -> None:
    items = catalogue(
        {
            BRAND: ["Leaf\nCo"],
            TAGS: ["hot| wet ||"],
            ATTRIBUTES: ['{"size": {"eu": 38}, "colors": ["red", "blue"], "new": true, "old": null, "note": ""}'],
        }
    )
    expected = ["brand=Leaf Co", "tag=hot", "tag=wet", "size.eu=38", "colors=red", "colors=blue", "new=True"]
    assert labels(items)[0].split("\n") == expected


def test_prices_are_near_to_levels_within_their_category() -> None:
    items = catalogue({CATEGORY: ["A", "A", "B", "B"], PRICE: [1_000_000, 4_000_000, 100_000_000, 400_000_000]})
    near = price_levels(items)
    assert near.dtype == np.float32
    np.testing.assert_allclose(near[:2], near[2:], rtol=1e-5)
    assert near.argmax(axis=1).tolist() in ([0, 2, 0, 2], [1, 3, 1, 3], [0, 3, 0, 3], [1, 2, 1, 2])
    np.testing.assert_allclose(np.linalg.norm(near, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(near[0], near[1][::-1], rtol=1e-5)


def test_an_only_price_is_in_the_middle() -> None:
    near = price_levels(catalogue({CATEGORY: ["A", "A"], PRICE: [1_000_000, None]}))
    np.testing.assert_allclose(near[0], near[0][::-1])
    assert near[1].tolist() == [0, 0, 0, 0]


def test_items_without_a_price_or_for_free_are_near_to_none() -> None:
    assert not price_levels(catalogue({PRICE: [None, 0]})).any()
