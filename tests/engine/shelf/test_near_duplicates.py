import numpy as np
import pytest

from aisle.engine.shelf.near_duplicates import near_duplicates, product_words
from tests.engine.products import Product, known


def duplicates_of(cart: Product, *candidates: Product, vectors: list[list[float]] | None = None) -> list[bool]:
    """Return which candidates are near-duplicates of the one item in the cart, whose vector is the first."""
    attributes = known(cart, *candidates)
    first, others = np.array([0]), np.arange(1, len(attributes))
    array = None if vectors is None else np.array(vectors, np.float32)
    of_cart, of_others = (None, None) if array is None else (array[:1], array[1:])
    return list(near_duplicates(attributes.take(others), attributes.take(first), of_others, of_cart))


def test_variants_of_one_product() -> None:
    assert duplicates_of(Product(item_group_id="g"), Product(item_group_id="g"), Product(item_group_id="h")) == [
        True,
        False,
    ]


def test_products_of_no_group_are_no_variants() -> None:
    assert duplicates_of(Product(), Product()) == [False]


def test_the_same_title_up_to_variant_words() -> None:
    candidates = [Product(title=title) for title in ("Retro Mug, blue, 300 ml", "Retro Spoon red", "Retro Mug Holder")]
    assert duplicates_of(Product(title="RETRO MUG RED 2x250ml"), *candidates) == [True, False, False]


def test_green_tea_and_black_tea_are_two_products() -> None:
    assert duplicates_of(Product(title="Green tea 100 g"), Product(title="Black tea 100 g")) == [False]


def test_equal_titles_in_another_category_are_no_duplicates() -> None:
    cart = Product(title="Jasmine dream", category="Tea > Green")
    candidates = [Product(title="Jasmine dream", category=path) for path in ("Soap", "Tea", "Tea>Green", None)]
    assert duplicates_of(cart, *candidates) == [False, False, True, False]


def test_without_content_vectors_most_words_in_common_are_enough() -> None:
    cart = Product(title="hand painted oak tea box lid")
    assert duplicates_of(cart, Product(title="hand painted oak tea box"), Product(title="oak tea box")) == [True, False]


def test_content_vectors_count_more_than_words() -> None:
    cart = Product(title="hand painted oak tea box lid")
    candidates = [Product(title="hand painted oak tea box"), Product(title="something else altogether")]
    assert duplicates_of(cart, *candidates, vectors=[[1, 0], [0, 3], [2, 0.1]]) == [False, True]


def test_words_count_where_an_item_has_no_content_vector() -> None:
    cart = Product(title="hand painted oak tea box lid")
    assert duplicates_of(cart, Product(title="hand painted oak tea box"), vectors=[[1, 0], [0, 0]]) == [True]


def test_an_empty_cart_and_an_item_without_a_title_have_no_duplicates() -> None:
    attributes = known(Product(title="mug"), Product())
    assert near_duplicates(attributes, attributes.take(np.zeros(0, np.intp))).tolist() == [False, False]
    assert duplicates_of(Product(), Product(title="mug"), Product()) == [False, False]


def test_no_candidates() -> None:
    attributes = known(Product(title="mug"))
    assert near_duplicates(attributes.take(np.zeros(0, np.intp)), attributes).tolist() == []


def test_codes_must_mean_the_same() -> None:
    with pytest.raises(ValueError, match="take both from the same attributes"):
        near_duplicates(known(Product(title="mug")), known(Product(title="mug")))


def test_product_words_are_those_without_variants_numbers_and_units() -> None:
    assert product_words("Set of 6 RED Retro-Spot Plates") == {"retro", "spot", "plates"}
    assert product_words("Plates, set of 6") == {"plates", "set", "of", "6"}
    assert product_words("") == frozenset()
