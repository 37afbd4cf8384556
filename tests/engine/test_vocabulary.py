import numpy as np

from aisle.engine.vocabulary import RequestVocabulary
from aisle.shop.ids import Vocabulary


def test_what_the_model_does_not_know_has_a_number_behind_its_items() -> None:
    numbers = RequestVocabulary(Vocabulary(["a", "b"]))
    found = numbers.numbers(["b", "new", "newer", "new"])
    assert found.tolist() == [1, 2, 3, 2]
    assert numbers.ids(found) == ["b", "new", "newer", "new"]
    assert "new" in numbers
    assert "other" not in numbers


def test_what_the_model_says_of_its_items_is_not_said_of_others() -> None:
    numbers = RequestVocabulary(Vocabulary(["a", "b"]))
    values = np.array([[1, 2], [3, 4]], np.float32)
    assert numbers.values(values, numbers.numbers(["new", "b"]), 0).tolist() == [[0, 0], [3, 4]]
