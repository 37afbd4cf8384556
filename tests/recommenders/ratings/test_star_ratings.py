from dataclasses import replace

import numpy as np
import pytest

from aisle.recommenders.ratings.star_ratings import Biases, Scale, rated_histories, ratings_of
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import UNKNOWN
from tests.recommenders.battery import ask, shop
from tests.recommenders.rating_battery import rated_shop

STARS = np.array([[5.0, 0, 3], [0, 0, 0], [1, 4, 0]])
NAN = float("nan")


def test_ratings_are_kept_by_user_and_by_item() -> None:
    ratings = ratings_of(rated_shop(STARS))
    assert (ratings.users, ratings.items) == (3, 3)
    assert ratings.by_user.indptr.tolist() == [0, 2, 2, 4]
    assert ratings.by_user.indices.tolist() == [0, 2, 0, 1]
    assert ratings.by_user.values.tolist() == [5, 3, 1, 4]
    assert ratings.by_item.indices.tolist() == [0, 2, 2, 0]
    assert ratings.scale == Scale(1, 5, 13 / 4)


def test_of_a_pair_the_last_rating_counts_in_its_place() -> None:
    data = rated_shop(np.array([[2.0, 3, 4]]))
    log = replace(
        data.log,
        item=np.array([1, 2, 1], np.int32),
        rating=np.array([1, 2, 5], np.float32),
        weight=np.ones(3, np.float32),
    )
    stars = ratings_of(replace(data, log=log)).by_user
    assert stars.indices.tolist() == [2, 1]
    assert stars.values.tolist() == [2, 5]


@pytest.mark.parametrize(
    "change", [{"rating": np.array([NAN, np.inf], np.float32)}, {"user": np.full(2, UNKNOWN, np.int32)}]
)
def test_what_is_no_number_or_of_nobody_is_no_rating(change: dict[str, np.ndarray]) -> None:
    data = rated_shop(np.array([[5.0, 3.0]]))
    with pytest.raises(NotEnoughData, match="import rate events, or train a model that ranks"):
        ratings_of(replace(data, log=replace(data.log, **change)))


def test_events_that_are_no_ratings_have_no_stars() -> None:
    data = shop(STARS)
    with pytest.raises(NotEnoughData):
        ratings_of(replace(data, log=replace(data.log, rating=np.full(4, 5, np.float32))))


def test_histories_keep_what_is_rated_within_the_scale() -> None:
    queries = ask({4: 9.0, 2: -1.0, 1: 0.5}, {2: -1.0}, {0: 3.0})
    histories = rated_histories(queries, Scale(1, 5, 3))
    assert histories.indptr.tolist() == [0, 2, 2, 3]
    assert histories.indices.tolist() == [4, 1, 0]
    assert histories.values.tolist() == [5, 1, 3]


def test_a_part_of_a_batch_has_its_own_histories() -> None:
    histories = rated_histories(ask({4: 2.0}, {2: 4.0, 1: 5.0}).slice(1, 2), Scale(1, 5, 3))
    assert histories.indptr.tolist() == [0, 2]
    assert histories.values.tolist() == [4, 5]


@pytest.mark.parametrize(("ridge", "expected"), [(0, [1.25, 0]), (3, [0.5, 0]), (np.inf, [0, 0])])
def test_a_bias_is_mixed_with_the_ridge(ridge: float, expected: list[float]) -> None:
    biases = Biases(3, np.zeros(1, np.float32), np.array([0.5, -1], np.float32), ridge)
    histories = rated_histories(ask({0: 5.0, 1: 3.0}, {}), Scale(1, 5, 3))
    np.testing.assert_allclose(biases.fold_in(histories), expected)
