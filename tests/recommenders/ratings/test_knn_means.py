import numpy as np
import pytest

from aisle.recommenders.ratings.knn_means import KNNMeans
from aisle.recommenders.ratings.rating_neighbours import NeighboursConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask
from tests.recommenders.rating_battery import RatingBattery, rated_shop


class TestKNNMeansByUser(RatingBattery):
    def make(self) -> KNNMeans:
        return KNNMeans(NeighboursConfig())


class TestKNNMeansByItem(RatingBattery):
    def make(self) -> KNNMeans:
        return KNNMeans(NeighboursConfig(by="item", k=7))


class TestKNNMeansByPearsonBaseline(RatingBattery):
    def make(self) -> KNNMeans:
        return KNNMeans(NeighboursConfig(similarity="pearson_baseline", k=1000, shrinkage=5))


STARS = np.array([[5.0, 3, 0, 1], [4, 2, 5, 0], [1, 5, 2, 5]])


def test_neighbours_are_averaged_around_their_means() -> None:
    # msd: users 0 and 1 differ by 1 on both common items, s = 1/2; users 0 and 2 by 4, 2 and 4, s = 1/13.
    model = KNNMeans(NeighboursConfig()).fit(rated_shop(STARS), seed=0)
    expected = 3 + (1 / 2 * (5 - 11 / 3) + 1 / 13 * (2 - 13 / 4)) / (1 / 2 + 1 / 13)
    assert model.predict(np.array([0]), np.array([2]))[0] == pytest.approx(expected)
    nearest = KNNMeans(NeighboursConfig(k=1)).fit(rated_shop(STARS), seed=0)
    assert nearest.predict(np.array([0]), np.array([2]))[0] == pytest.approx(3 + 5 - 11 / 3)
    level = KNNMeans(NeighboursConfig(min_k=3)).fit(rated_shop(STARS), seed=0)
    assert level.predict(np.array([0]), np.array([2]))[0] == pytest.approx(3)


@pytest.mark.parametrize("by", ["user", "item"])
def test_a_query_is_answered_as_the_user_with_its_ratings(by: str) -> None:
    model = KNNMeans(NeighboursConfig.parse({"by": by, "k": 2})).fit(rated_shop(STARS), seed=0)
    history = {0: 5.0, 1: 3.0, 3: 1.0}
    trained = model.predict(np.zeros(4, int), np.arange(4))
    for queries in (ask(history), ask(*[history] * 20)):
        np.testing.assert_allclose(model.stars(model.score(queries))[-1, 2], trained[2], rtol=1e-5)


def test_whoever_gave_no_stars_has_no_level_by_users() -> None:
    model = KNNMeans(NeighboursConfig()).fit(rated_shop(STARS), seed=0)
    assert np.isnan(model.score(ask({}))).all()
    by_item = KNNMeans(NeighboursConfig(by="item")).fit(rated_shop(STARS), seed=0)
    np.testing.assert_allclose(by_item.score(ask({}))[0], [10 / 3, 10 / 3, 7 / 2, 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"), [("by", "shop"), ("similarity", "jaccard"), ("k", 0), ("min_k", 0), ("shrinkage", -1)]
)
def test_settings_out_of_range(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        NeighboursConfig.parse({name: value})
