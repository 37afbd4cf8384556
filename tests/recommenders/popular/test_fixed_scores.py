import numpy as np

from aisle.recommenders.popular.fixed_scores import FixedScores
from tests.recommenders.battery import ask


def with_scores(*scores: float) -> FixedScores:
    model = FixedScores()
    model.scores_ = np.array(scores, np.float32)
    return model


def test_everybody_gets_the_same_row_without_a_copy_each() -> None:
    scores = with_scores(3, 1, 2).score(ask({0: 1.0}, {}))
    assert scores.tolist() == [[3, 1, 2], [3, 1, 2]]
    assert scores.strides[0] == 0


def test_some_items_are_columns_of_the_row() -> None:
    assert with_scores(3, 1, 2).score(ask({}), np.array([2, 0], np.int32)).tolist() == [[2, 3]]


def test_it_knows_as_many_items_as_it_has_scores() -> None:
    assert with_scores(3, 1, 2).items_count == 3
