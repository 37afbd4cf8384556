"""The names under which items are shown."""

import pytest

from aisle.app.serving.shelf import name_of
from aisle.shop.facts import ItemFacts


def facts(title: str | None, brand: str | None, category: str | None) -> ItemFacts:
    nothing = dict.fromkeys(ItemFacts._fields)
    return ItemFacts(**nothing | {"item_id": "1004856", "title": title, "brand": brand, "category": category})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "brand", "category", "name"),
    [
        ("Galaxy S10", "samsung", "electronics > smartphone", "Galaxy S10"),
        (None, "samsung", "electronics > smartphone", "samsung smartphone"),
        ("", None, "smartphone", "smartphone"),
        (None, "samsung", None, "samsung"),
        (None, None, None, "1004856"),
    ],
)
def test_items_without_a_title_are_named_by_brand_and_category(
    title: str | None, brand: str | None, category: str | None, name: str
) -> None:
    assert name_of("1004856", facts(title, brand, category)) == name


def test_what_the_catalogue_does_not_know_is_named_by_its_id() -> None:
    assert name_of("7", None) == "7"
