import numpy as np

from aisle.engine.vocabulary import RequestVocabulary
from aisle.shop.ids import Vocabulary


def test_new_ids_have_numbers_after_those_of_the_model() -> None:
    numbers = RequestVocabulary(Vocabulary(["a", "b"]))
    of_ids = numbers.numbers(["b", "new", "newer", "new"])
    assert of_ids.tolist() == [1, 2, 3, 2]
    assert numbers.ids(of_ids) == ["b", "new", "newer", "new"]
    assert "new" in numbers
    assert "other" not in numbers


def test_values_of_new_items_are_the_default() -> None:
    numbers = RequestVocabulary(Vocabulary(["a", "b"]))
    values = np.array([[1, 2], [3, 4]], np.float32)
    assert numbers.values(values, numbers.numbers(["new", "b"]), 0).tolist() == [[0, 0], [3, 4]]
