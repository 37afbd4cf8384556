import dataclasses

import numpy as np
import pytest

from aisle.recommenders.implicit.audience import Audience, AudienceConfig
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, VectorBattery, ask, ask_rows, listed, random_shop, shop

# Two tastes: the first three shoppers and items, and the others; item 6 is new, and one of the first kind takes it.
WEIGHTS = np.zeros((6, 7))
WEIGHTS[:3, :3] = WEIGHTS[3:, 3:6] = WEIGHTS[0, 6] = 1


class TestAudience(VectorBattery):
    def make(self) -> Audience:
        return Audience(AudienceConfig(factors=8, window_days=400))


def test_an_item_is_the_shrunk_sum_of_the_tastes_of_its_takers() -> None:
    data = random_shop()
    model = Audience(AudienceConfig(factors=8, window_days=400, shrinkage=2)).fit(data, seed=1)
    tastes = model.query_vectors(ask_rows(data)).astype(np.float64)
    tastes /= np.linalg.norm(tastes, axis=1, keepdims=True)
    takers = data.matrix.toarray() > 0
    expected = takers.T @ np.nan_to_num(tastes) / np.sqrt(takers.sum(axis=0) + 2)[:, None]
    np.testing.assert_allclose(model.item_vectors_, expected, rtol=1e-3, atol=1e-4)


def test_what_came_in_just_now_finds_shoppers_like_its_first() -> None:
    data = shop(WEIGHTS)
    model = Audience(AudienceConfig(factors=4, window_days=400)).fit(data, seed=1)
    scores = model.score(ask_rows(data))[:, 6]
    assert scores[:3].min() > scores[3:].max()


def test_only_the_window_counts() -> None:
    data = shop(WEIGHTS)
    old = data.log.timestamp < NOW - 5 * DAY
    model = Audience(AudienceConfig(factors=4, window_days=5)).fit(data, seed=1)
    without = np.setdiff1d(data.log.item[old], data.log.item[~old])
    assert not model.item_vectors_[without].any()
    assert model.item_vectors_[data.log.item[~old]].any(axis=1).all()


def test_taking_an_item_twice_counts_once() -> None:
    data = shop(WEIGHTS)
    twice = dataclasses.replace(data, log=data.log.merged(data.log))
    one, other = (Audience(AudienceConfig(factors=4, window_days=400)).fit(each, seed=1) for each in (data, twice))
    np.testing.assert_array_equal(one.item_vectors_, other.item_vectors_)


def test_without_shrinkage_what_nobody_took_scores_nothing() -> None:
    lonely = np.pad(WEIGHTS[:, :6], ((0, 0), (0, 1)))
    model = Audience(AudienceConfig(factors=4, window_days=400, shrinkage=0)).fit(shop(lonely), seed=1)
    assert model.score(ask({0: 1.0}))[0, 6] == 0
    assert 6 not in listed(model.retrieve(ask({0: 1.0}), 3))


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData):
        Audience(AudienceConfig()).fit(shop(np.zeros((2, 2))), seed=1)
