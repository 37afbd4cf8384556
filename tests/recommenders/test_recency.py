import numpy as np

from aisle.recommenders.base import NoSettings
from aisle.recommenders.implicit.repeat import Repeat
from aisle.recommenders.recency import FAINT, popular_rest, recent_rows
from tests.recommenders.battery import ask


def test_a_liked_item_counts_less_with_each_liked_one_after_it() -> None:
    rows = recent_rows(ask({4: 5.0, 2: -1.0, 7: 0.1, 1: 2.0}, {3: 1.0}), 0.5)
    assert rows.values.tolist() == [0.25, 0, 0.5, 1, 1]


def test_only_the_last_liked_items_count() -> None:
    assert recent_rows(ask({4: 1.0, 7: 1.0, 2: -1.0, 1: 1.0}), 0.5, last=2).values.tolist() == [0, 0.5, 0, 1]


def test_what_faded_to_nearly_nothing_does_not_count() -> None:
    weights = recent_rows(ask(dict.fromkeys(range(300), 1.0)), 0.5).values
    assert weights[-99] == 0.5**98
    assert (weights[:-100] == 0).all()


def test_the_rest_is_ranked_by_counts_just_below_0() -> None:
    rest = popular_rest(np.array([0, 9, 3]))
    assert np.argsort(-rest).tolist() == [1, 2, 0]
    assert (rest < 0).all()
    assert (rest >= -np.float32(FAINT)).all()


def test_scores_of_0_are_replaced_and_empty_histories_have_none() -> None:
    model = Repeat(NoSettings())
    model.rest_ = np.array([-1, -2, -3], np.float32)
    items = np.array([1, 0], np.int32)
    np.testing.assert_array_equal(model.score(ask({0: 2.0}, {}), items), [[-2, 2], [np.nan, np.nan]])
