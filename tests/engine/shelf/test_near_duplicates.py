import numpy as np
import pytest

from aisle.engine.shelf.near_duplicates import near_duplicates, product_words
from aisle.shop.facts import ItemFacts
from tests.engine.products import known, product


def duplicates_of(cart: ItemFacts, *candidates: ItemFacts, vectors: list[list[float]] | None = None) -> list[bool]:
    """Return which candidates are near-duplicates of the one item in the cart, whose vector is the first."""
    attributes = known(cart, *candidates)
    first, others = np.array([0]), np.arange(1, len(attributes))
    array = None if vectors is None else np.array(vectors, np.float32)
    of_cart, of_others = (None, None) if array is None else (array[:1], array[1:])
    return list(near_duplicates(attributes.take(others), attributes.take(first), of_others, of_cart))


def test_variants_of_one_product() -> None:
    assert duplicates_of(product(item_group_id="g"), product(item_group_id="g"), product(item_group_id="h")) == [
        True,
        False,
    ]


def test_products_of_no_group_are_no_variants() -> None:
    assert duplicates_of(product(), product()) == [False]


def test_the_same_title_up_to_variant_words() -> None:
    candidates = [product(title=title) for title in ("Retro Mug, blue, 300 ml", "Retro Spoon red", "Retro Mug Holder")]
    assert duplicates_of(product(title="RETRO MUG RED 2x250ml"), *candidates) == [True, False, False]


def test_green_tea_and_black_tea_are_two_products() -> None:
    assert duplicates_of(product(title="Green tea 100 g"), product(title="Black tea 100 g")) == [False]


def test_equal_titles_in_another_category_are_no_duplicates() -> None:
    cart = product(title="Jasmine dream", category="Tea > Green")
    candidates = [product(title="Jasmine dream", category=path) for path in ("Soap", "Tea", "Tea>Green", None)]
    assert duplicates_of(cart, *candidates) == [False, False, True, False]


def test_without_content_vectors_most_words_in_common_are_enough() -> None:
    cart = product(title="hand painted oak tea box lid")
    assert duplicates_of(cart, product(title="hand painted oak tea box"), product(title="oak tea box")) == [True, False]


def test_content_vectors_count_more_than_words() -> None:
    cart = product(title="hand painted oak tea box lid")
    candidates = [product(title="hand painted oak tea box"), product(title="something else altogether")]
    assert duplicates_of(cart, *candidates, vectors=[[1, 0], [0, 3], [2, 0.1]]) == [False, True]


def test_words_count_where_an_item_has_no_content_vector() -> None:
    cart = product(title="hand painted oak tea box lid")
    assert duplicates_of(cart, product(title="hand painted oak tea box"), vectors=[[1, 0], [0, 0]]) == [True]


def test_an_empty_cart_and_an_item_without_a_title_have_no_duplicates() -> None:
    attributes = known(product(title="mug"), product())
    assert near_duplicates(attributes, attributes.take(np.zeros(0, np.intp))).tolist() == [False, False]
    assert duplicates_of(product(), product(title="mug"), product()) == [False, False]


def test_no_candidates() -> None:
    attributes = known(product(title="mug"))
    assert near_duplicates(attributes.take(np.zeros(0, np.intp)), attributes).tolist() == []


def test_codes_must_mean_the_same() -> None:
    with pytest.raises(ValueError, match="take both from the same attributes"):
        near_duplicates(known(product(title="mug")), known(product(title="mug")))


def test_product_words_are_those_without_variants_numbers_and_units() -> None:
    assert product_words("Set of 6 RED Retro-Spot Plates") == {"retro", "spot", "plates"}
    assert product_words("Plates, set of 6") == {"plates", "set", "of", "6"}
    assert product_words("") == frozenset()
