import numpy as np
import pytest

from aisle.recommenders import cells
from aisle.recommenders.similar import Directions, at_length_one, directions, similar


def model_with(vectors: list[list[float]]) -> Directions:
    return directions(at_length_one(np.array(vectors, np.float32)))


def test_cosines_without_the_item_itself() -> None:
    model = model_with([[1, 0], [5, 5], [0, 2], [-1, 0]])
    ranked = similar(model, np.array([0], np.int32), 4)
    assert ranked.items.tolist() == [[1, 2, 3, -1]]
    np.testing.assert_allclose(ranked.scores[0, :3], [0.5**0.5, 0, -1], atol=1e-6)


def test_a_zero_vector_is_like_nothing() -> None:
    model = model_with([[1, 0], [0, 0], [0, 1]])
    assert similar(model, np.array([0, 1], np.int32), 2).items.tolist() == [[2, -1], [-1, -1]]


def test_an_index_finds_the_same_without_the_item_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "EXACT_ITEMS", 100)
    vectors = np.random.default_rng(0).normal(size=(2_000, 24)).astype(np.float32)
    vectors[7] = 0
    unit_vectors, items = at_length_one(vectors), np.array([3, 7, 11], np.int32)
    exact = similar(directions(unit_vectors), items, 10)
    found = similar(directions(unit_vectors, cells.index(vectors, 0)), items, 10)
    np.testing.assert_array_equal(found.items[[0, 2]], exact.items[[0, 2]])
    assert found.items.shape == found.scores.shape == (3, 10)
    assert (found.items[1] == -1).all()
