import numpy as np
import pytest

from aisle.recommenders.ratings.baseline import BaselineConfig
from aisle.recommenders.ratings.knn_baseline import KNNBaseline
from aisle.recommenders.ratings.rating_neighbours import NeighboursConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask
from tests.recommenders.rating_battery import RatingBattery, random_ratings, rated_shop


class TestKNNBaselineByUser(RatingBattery):
    def make(self) -> KNNBaseline:
        return KNNBaseline(NeighboursConfig(similarity="cosine"))


class TestKNNBaselineByItem(RatingBattery):
    def make(self) -> KNNBaseline:
        return KNNBaseline(NeighboursConfig(by="item", similarity="pearson_baseline", shrinkage=10, k=5))


def test_neighbours_are_averaged_around_the_baseline() -> None:
    config = NeighboursConfig(by="item", similarity="msd", baseline=BaselineConfig(user_regularization=2))
    model = KNNBaseline(config).fit(rated_shop(np.array([[5.0, 3, 0], [4, 2, 5], [1, 5, 2]])), seed=0)
    level = model.biases_.of_pairs(np.zeros(3, int), np.arange(3))
    near = np.array([1 / (1 + (1 + 1) / 2), 1 / (1 + (9 + 9) / 2)])
    expected = level[2] + near @ (np.array([5, 3]) - level[:2]) / near.sum()
    assert model.predict(np.array([0]), np.array([2]))[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("by", ["user", "item"])
def test_one_query_and_many_are_answered_alike(by: str) -> None:
    config = NeighboursConfig.parse({"by": by, "similarity": "pearson_baseline", "k": 4})
    model = KNNBaseline(config).fit(random_ratings(), seed=0)
    histories = [{item: float(1 + (item * turn) % 5) for item in range(turn, 20)} for turn in range(18)]
    one_by_one = np.vstack([model.score(ask(history)) for history in histories])
    np.testing.assert_allclose(model.score(ask(*histories)), one_by_one, rtol=1e-4)


def test_similar_items_follow_a_rating() -> None:
    stars = np.kron([[5.0, 1], [1, 5]], np.ones((10, 6)))
    config = NeighboursConfig(by="item", similarity="pearson_baseline")
    model = KNNBaseline(config).fit(rated_shop(stars), seed=0)
    good, bad = model.score(ask({0: 5.0, 8: 3.0})), model.score(ask({0: 1.0, 8: 3.0}))
    assert (good[0, 1:6] > bad[0, 1:6] + 1).all()


def test_the_baseline_has_settings_of_its_own() -> None:
    config = NeighboursConfig.parse({"baseline": {"method": "sgd", "epochs": 3}})
    assert config.baseline == BaselineConfig(method="sgd", epochs=3)
    with pytest.raises(SettingsError, match="epochs"):
        NeighboursConfig.parse({"baseline": {"epochs": 0}})
