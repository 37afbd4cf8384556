from dataclasses import replace

import numpy as np
import pytest

from aisle.recommenders.implicit.blend import Blend, BlendConfig, Member
from aisle.recommenders.implicit.item_knn import ItemKNN, ItemKNNConfig
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.shop.errors import NotEnoughData, SettingsError
from tests.recommenders.battery import Battery, ask, ask_rows, random_shop, shop

MEMBERS = (Member("als", {"factors": 4, "iterations": 2}), Member("item_knn"), Member("user_knn"))
PAIR = (Member("popularity", {"window_days": None}), Member("item_knn"))


class TestLearntBlend(Battery):
    def make(self) -> Blend:
        return Blend(BlendConfig(members=MEMBERS))


class TestGivenBlend(Battery):
    def make(self) -> Blend:
        return Blend(BlendConfig(members=MEMBERS[:2], weights=(1.0, 3.0)))


def test_scores_are_standardised_for_each_query() -> None:
    data = random_shop()
    queries = ask_rows(data)
    blend = Blend(BlendConfig(members=PAIR, weights=(1.0, 3.0))).fit(data, seed=0)
    expected = np.zeros(data.shape)
    popular = Popularity(PopularityConfig(window_days=None)).fit(data, seed=0)
    like = ItemKNN(ItemKNNConfig()).fit(data, seed=0)
    for scores, weight in ((popular.score(queries), 0.25), (like.score(queries), 0.75)):
        own = np.nan_to_num((scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True))
        expected += weight * own
    np.testing.assert_allclose(blend.score(queries), expected, rtol=1e-4, atol=1e-4)


def test_a_member_that_cannot_say_is_left_out() -> None:
    blend = Blend(BlendConfig(members=PAIR, weights=(1.0, 1.0))).fit(random_shop(), seed=0)
    alone = Blend(BlendConfig(members=PAIR, weights=(1.0, 0.0))).fit(random_shop(), seed=0)
    np.testing.assert_allclose(blend.score(ask({})), alone.score(ask({})) / 2, rtol=1e-6)


def test_a_useless_member_gets_little_weight() -> None:
    draw = np.random.default_rng(0)
    weights = np.kron(np.eye(6), np.ones((20, 8))) * (draw.random((120, 48)) < 0.6)
    members = (Member("item_knn"), Member("popularity"))
    blend = Blend(BlendConfig(members=members)).fit(shop(weights), seed=0)
    assert blend.weights_[0] > 0.7
    assert blend.weights_.sum() == pytest.approx(1)


def test_one_member_needs_no_weight() -> None:
    blend = Blend(BlendConfig(members=(Member("item_knn"),))).fit(random_shop(), seed=0)
    assert blend.weights_.tolist() == [1]


def test_histories_of_one_item_leave_nothing_to_learn_from() -> None:
    blend = Blend(BlendConfig(members=MEMBERS)).fit(shop(np.eye(4)), seed=0)
    np.testing.assert_allclose(blend.weights_, 1 / 3)


def test_a_blend_can_hold_a_blend() -> None:
    inner = Member("blend", {"members": [{"name": "item_knn"}, {"name": "user_knn"}], "weights": [1, 1]})
    blend = Blend(BlendConfig(members=(inner, MEMBERS[0]), weights=(1.0, 1.0))).fit(random_shop(), seed=0)
    again = Blend.from_arrays(blend.config, blend.arrays())
    np.testing.assert_array_equal(again.score(ask({3: 1.0})), blend.score(ask({3: 1.0})))


def test_nobody_likes_anything() -> None:
    nothing = shop(np.zeros((2, 3)))
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        Blend(BlendConfig()).fit(replace(nothing, log=shop(np.ones((2, 3))).log), seed=0)


def test_an_unknown_member_is_named() -> None:
    with pytest.raises(SettingsError, match="no model 'magic'"):
        BlendConfig(members=(Member("magic"),))


def test_a_wrong_setting_of_a_member_is_named() -> None:
    with pytest.raises(SettingsError, match="factors"):
        BlendConfig(members=(Member("als", {"factors": 0}),))


def test_no_members() -> None:
    with pytest.raises(SettingsError, match="members"):
        BlendConfig(members=())


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0)])
def test_weights_that_do_not_fit(weights: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match="give one each"):
        BlendConfig(members=PAIR, weights=weights)
