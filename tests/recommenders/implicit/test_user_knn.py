from typing import Any, get_args

import numpy as np
import pytest

from aisle.recommenders.implicit.user_knn import UserKNN, UserKNNConfig
from aisle.recommenders.similarity import Similarity
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import Battery, ask, listed, random_shop, shop

WEIGHTS = np.array([[1, 2, 0, 0], [3, 0, 1, 0], [1, 1, 1, 2], [0, 4, 0, 0]])


class TestUserKNN(Battery):
    def make(self) -> UserKNN:
        return UserKNN(UserKNNConfig(neighbours=5))


def test_votes_are_weighted_by_cosine() -> None:
    config = UserKNNConfig(similarity="cosine", alpha=0.5, popularity_discount=0)
    model = UserKNN(config).fit(shop(WEIGHTS), seed=0)
    history = np.array([1, 0, 2, 0])
    alike = WEIGHTS @ history / (np.linalg.norm(WEIGHTS, axis=1) * np.linalg.norm(history))
    np.testing.assert_allclose(model.score(ask({0: 1.0, 2: 2.0}))[0], alike @ WEIGHTS, rtol=1e-5)


def test_only_the_nearest_users_are_heard() -> None:
    config = UserKNNConfig(similarity="jaccard", neighbours=1, popularity_discount=0)
    model = UserKNN(config).fit(shop(WEIGHTS), seed=0)
    np.testing.assert_allclose(model.score(ask({0: 1.0, 2: 1.0}))[0], WEIGHTS[1], rtol=1e-6)


def test_of_equally_similar_users_the_first_is_heard() -> None:
    model = UserKNN(UserKNNConfig(neighbours=1)).fit(shop(np.array([[1, 1, 0], [1, 0, 1]])), seed=0)
    assert listed(model.retrieve(ask({0: 1.0}), 2)) == [0, 1] or model.score(ask({0: 1.0}))[0, 2] == 0


def test_popular_items_get_smaller_votes() -> None:
    plain, discounted = (
        UserKNN(UserKNNConfig(popularity_discount=discount)).fit(shop(WEIGHTS), seed=0).score(ask({0: 1.0}))[0]
        for discount in (0, 0.5)
    )
    np.testing.assert_allclose(discounted, plain / np.sqrt([3, 3, 2, 1]), rtol=1e-5)


@pytest.mark.parametrize("similarity", get_args(Similarity))
def test_every_measure_finds_the_own_taste(similarity: Similarity) -> None:
    weights = np.kron(np.eye(2), np.ones((10, 6)))
    weights[0, 0] = 0
    model = UserKNN(UserKNNConfig(neighbours=5, similarity=similarity)).fit(shop(weights), seed=0)
    queries = ask(dict.fromkeys(range(1, 6), 1.0))
    assert listed(model.retrieve(queries, 1, queries.history)) == [0]


def test_what_was_sent_back_is_passed_over() -> None:
    model = UserKNN(UserKNNConfig()).fit(random_shop(), seed=0)
    np.testing.assert_array_equal(model.score(ask({1: 1.0, 4: -1.0})), model.score(ask({1: 1.0})))


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_scores(history: dict[int, float]) -> None:
    model = UserKNN(UserKNNConfig()).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        UserKNN(UserKNNConfig()).fit(shop(np.zeros((2, 3))), seed=0)


def test_a_weight_that_is_no_number() -> None:
    with pytest.raises(InputError, match="not a finite number"):
        UserKNN(UserKNNConfig()).fit(shop(np.array([[1, np.nan]])), seed=0)


@pytest.mark.parametrize(("name", "value"), [("neighbours", 0), ("alpha", -0.1), ("popularity_discount", 2)])
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        UserKNNConfig(**{name: value})
