from dataclasses import replace

import numpy as np

from aisle.prepare.interactions import Interactions
from aisle.recommenders.leave_last import leave_last
from aisle.shop.ids import UNKNOWN
from tests.recommenders.battery import random_shop, shop


def events_of(data: Interactions) -> set[tuple[int, int]]:
    return set(zip(data.log.user.tolist(), data.log.item.tolist(), strict=True))


def test_the_last_item_of_each_history_is_to_be_found() -> None:
    held_out = leave_last(shop(np.array([[1, 0, 2, 3], [0, 4, 1, 0]])), 10, seed=0)
    assert held_out.wanted.items.tolist() == [3, 2]
    assert held_out.wanted.indptr.tolist() == [0, 1, 2]
    assert held_out.queries.history.items.tolist() == [0, 2, 1]
    assert held_out.queries.weights.tolist() == [1, 2, 4]
    assert (np.diff(held_out.queries.timestamps[:2]) > 0).all()
    np.testing.assert_array_equal(held_out.train.matrix.toarray(), [[1, 0, 2, 0], [0, 4, 0, 0]])
    assert events_of(held_out.train) == {(0, 0), (0, 2), (1, 1)}


def test_a_tenth_of_a_long_history_is_to_be_found() -> None:
    held_out = leave_last(shop(np.ones((1, 50))), 10, seed=0)
    assert sorted(held_out.wanted.items.tolist()) == [45, 46, 47, 48, 49]


def test_the_last_event_of_a_pair_counts() -> None:
    data = shop(np.array([[1, 1, 1]]))
    again = replace(
        data.log,
        **{name: np.append(getattr(data.log, name), getattr(data.log, name)[:1]) for name in vars(data.log)},
    )
    again.timestamp[-1] = data.now
    held_out = leave_last(replace(data, log=again), 10, seed=0)
    assert held_out.wanted.items.tolist() == [0]
    assert events_of(held_out.train) == {(0, 1), (0, 2)}


def test_whoever_has_one_item_is_not_asked() -> None:
    held_out = leave_last(shop(np.array([[1, 0], [1, 1]])), 10, seed=0)
    assert len(held_out.queries) == 1
    np.testing.assert_array_equal(held_out.train.matrix.toarray(), [[1, 0], [1, 0]])


def test_lines_of_nobody_stay() -> None:
    data = shop(np.array([[1, 1]]))
    data.log.user[1] = UNKNOWN
    assert events_of(leave_last(data, 10, seed=0).train) >= {(UNKNOWN, 1)}


def test_so_many_users_are_asked() -> None:
    data = random_shop()
    held_out = leave_last(data, 7, seed=0)
    assert len(held_out.queries) == len(held_out.wanted) == 7
    assert held_out.train.shape == data.shape


def test_the_data_is_left_alone() -> None:
    data = random_shop()
    before = data.matrix.toarray()
    leave_last(data, 7, seed=0)
    np.testing.assert_array_equal(data.matrix.toarray(), before)
