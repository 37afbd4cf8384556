import numpy as np
import pytest

from aisle.engine.shelf.near_duplicates import near_duplicates, telling_words
from tests.engine.products import Product, known


def near(cart: Product, *candidates: Product, vectors: list[list[float]] | None = None) -> list[bool]:
    """Return which candidates are near-duplicates of the one item in the cart, whose vector is the first."""
    attributes = known(cart, *candidates)
    first, others = np.array([0]), np.arange(1, len(attributes))
    array = None if vectors is None else np.array(vectors, np.float32)
    of_cart, of_others = (None, None) if array is None else (array[:1], array[1:])
    return list(near_duplicates(attributes.take(others), attributes.take(first), of_others, of_cart))


def test_variants_of_one_product() -> None:
    assert near(Product(item_group_id="g"), Product(item_group_id="g"), Product(item_group_id="h")) == [True, False]


def test_products_of_no_group_are_no_variants() -> None:
    assert near(Product(), Product()) == [False]


def test_the_same_title_up_to_variant_words() -> None:
    candidates = [Product(title=title) for title in ("Retro Mug, blue, 300 ml", "Retro Spoon red", "Retro Mug Holder")]
    assert near(Product(title="RETRO MUG RED 2x250ml"), *candidates) == [True, False, False]


def test_green_and_black_tea_are_two_things() -> None:
    assert near(Product(title="Green tea 100 g"), Product(title="Black tea 100 g")) == [False]


def test_titles_of_another_category_say_nothing() -> None:
    cart = Product(title="Jasmine dream", category="Tea > Green")
    candidates = [Product(title="Jasmine dream", category=path) for path in ("Soap", "Tea", "Tea>Green", None)]
    assert near(cart, *candidates) == [False, False, True, False]


def test_most_words_in_common_are_enough_where_there_are_no_contents() -> None:
    cart = Product(title="hand painted oak tea box lid")
    assert near(cart, Product(title="hand painted oak tea box"), Product(title="oak tea box")) == [True, False]


def test_contents_count_more_than_words() -> None:
    cart = Product(title="hand painted oak tea box lid")
    candidates = [Product(title="hand painted oak tea box"), Product(title="something else altogether")]
    assert near(cart, *candidates, vectors=[[1, 0], [0, 3], [2, 0.1]]) == [False, True]


def test_words_count_where_an_item_has_no_content() -> None:
    cart = Product(title="hand painted oak tea box lid")
    assert near(cart, Product(title="hand painted oak tea box"), vectors=[[1, 0], [0, 0]]) == [True]


def test_nothing_is_near_to_an_empty_cart_or_to_a_nameless_item() -> None:
    attributes = known(Product(title="mug"), Product())
    assert near_duplicates(attributes, attributes.take(np.zeros(0, np.intp))).tolist() == [False, False]
    assert near(Product(), Product(title="mug"), Product()) == [False, False]


def test_no_candidates() -> None:
    attributes = known(Product(title="mug"))
    assert near_duplicates(attributes.take(np.zeros(0, np.intp)), attributes).tolist() == []


def test_codes_must_mean_the_same() -> None:
    with pytest.raises(ValueError, match="take both from the same attributes"):
        near_duplicates(known(Product(title="mug")), known(Product(title="mug")))


def test_words_that_tell() -> None:
    assert telling_words("Set of 6 RED Retro-Spot Plates") == {"retro", "spot", "plates"}
    assert telling_words("Plates, set of 6") == {"plates", "set", "of", "6"}
    assert telling_words("") == frozenset()
