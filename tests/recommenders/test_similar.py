import numpy as np

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
