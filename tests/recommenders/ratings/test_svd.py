import numpy as np
import pytest

from aisle.recommenders.ratings.svd import SVD, SVDConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask
from tests.recommenders.rating_battery import RatingBattery, random_ratings, rated_shop


class TestSVD(RatingBattery):
    def make(self) -> SVD:
        return SVD(SVDConfig(factors=10, epochs=60))


class TestMoreFactorsThanTheMatrix(RatingBattery):
    def make(self) -> SVD:
        return SVD(SVDConfig(factors=100, epochs=60, regularization=0.1))


def test_two_tastes_are_told_apart() -> None:
    stars = np.kron([[5.0, 1], [1, 5]], np.ones((10, 6)))
    stars[0, 0] = stars[19, 11] = 0
    config = SVDConfig(factors=2, epochs=400, learning_rate=0.02)
    model = SVD(config).fit(rated_shop(stars), seed=0)
    assert model.predict(np.array([0, 0, 19, 19]), np.array([0, 11, 11, 0])) == pytest.approx([5, 1, 5, 1], abs=0.5)
    stranger = model.score(ask({1: 5.0, 2: 5.0, 3: 5.0, 8: 1.0, 9: 1.0}))[0]
    assert stranger[0] > 4
    assert stranger[11] < 2


def test_a_query_solves_the_ridge_regression() -> None:
    config = SVDConfig(factors=6, epochs=10, learning_rate=0.02, regularization=0.3)
    model = SVD(config).fit(random_ratings(), seed=0)
    history = {4: 5.0, 9: 1.0, 20: 3.0}
    items, stars = list(history), np.array(list(history.values()))
    features = np.ones((30, 7))
    features[:, 1:] = model.factors_.item_factors
    level = model.scale_.mean + model.factors_.item_bias
    y, ridge = features[items], 0.3 * 3 + 1 / (0.02 * 10)
    solved = np.linalg.solve(y.T @ y + ridge * np.eye(7), y.T @ (stars - level[items]))
    for queries in (ask(history), ask(*[history] * 20)):
        np.testing.assert_allclose(model.score(queries)[-1], level + features @ solved, rtol=1e-4)


def test_a_bad_rating_pulls_the_item_and_its_like_down() -> None:
    stars = np.kron([[5.0, 1], [1, 5]], np.ones((10, 6)))
    model = SVD(SVDConfig(factors=2, epochs=400, learning_rate=0.02)).fit(rated_shop(stars), seed=0)
    good, bad = model.score(ask({1: 5.0, 0: 5.0})), model.score(ask({1: 5.0, 0: 1.0}))
    assert (bad[0, :6] < good[0, :6]).all()


def test_items_without_ratings_are_average() -> None:
    stars = np.zeros((4, 3))
    stars[:, :2] = [[5, 1], [4, 2], [5, 2], [4, 1]]
    model = SVD(SVDConfig(factors=3)).fit(rated_shop(stars), seed=0)
    assert model.score(ask({}))[0, 2] == pytest.approx(3)


@pytest.mark.parametrize("name", ["factors", "epochs", "learning_rate"])
def test_settings_out_of_range(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        SVDConfig.parse({name: 0})


def test_a_descent_that_leads_nowhere() -> None:
    with pytest.raises(SettingsError, match=r"learning_rate = 3\.0 is too large for these ratings; try a tenth of it"):
        SVD(SVDConfig(learning_rate=3.0)).fit(random_ratings(), seed=0)
