import numpy as np
import pytest

from aisle.recommenders.ratings.svdpp import SVDpp, SVDppConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask
from tests.recommenders.rating_battery import RatingBattery, random_ratings, rated_shop


class TestSVDpp(RatingBattery):
    def make(self) -> SVDpp:
        return SVDpp(SVDppConfig(factors=10, epochs=60))


class TestMoreFactorsThanTheMatrix(RatingBattery):
    def make(self) -> SVDpp:
        return SVDpp(SVDppConfig(factors=100, epochs=40, regularization=0.1))


def test_what_is_rated_tells_of_taste_whatever_the_stars() -> None:
    # Whoever deals with the first six items likes the last but one and not the last; the others the other way round.
    stars = np.kron(np.eye(2), np.full((15, 6), 3.0))
    stars = np.hstack((stars, np.kron([[5.0, 1], [1, 5]], np.ones((15, 1)))))
    config = SVDppConfig(factors=4, epochs=300, learning_rate=0.02)
    model = SVDpp(config).fit(rated_shop(stars), seed=0)
    scores = model.score(ask({0: 3.0, 1: 3.0, 2: 3.0}, {6: 3.0, 7: 3.0, 8: 3.0}))
    assert scores[0, 12] > scores[0, 13] + 1
    assert scores[1, 13] > scores[1, 12] + 1


def test_a_query_solves_the_ridge_regression_of_what_its_items_leave() -> None:
    model = SVDpp(SVDppConfig(factors=6, epochs=10, learning_rate=0.02, regularization=0.3)).fit(
        random_ratings(), seed=0
    )
    history = {4: 5.0, 9: 1.0, 20: 3.0}
    items, stars = list(history), np.array(list(history.values()))
    q, z = model.factors_.item_factors, model.implicit_[items].sum(axis=0) / np.sqrt(3)
    features = np.ones((30, 7))
    features[:, 1:] = q
    level = model.scale_.mean + model.factors_.item_bias + q @ z
    y, ridge = features[items], 0.3 * 3 + 1 / (0.02 * 10)
    solved = np.linalg.solve(y.T @ y + ridge * np.eye(7), y.T @ (stars - level[items]))
    for queries in (ask(history), ask(*[history] * 20)):
        np.testing.assert_allclose(model.score(queries)[-1], level + features @ solved, rtol=1e-4)


@pytest.mark.parametrize("name", ["factors", "epochs", "learning_rate"])
def test_settings_out_of_range(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        SVDppConfig.parse({name: 0})


def test_a_descent_that_leads_nowhere() -> None:
    with pytest.raises(SettingsError, match=r"learning_rate = 3\.0 is too large for these ratings; try a tenth of it"):
        SVDpp(SVDppConfig(learning_rate=3.0)).fit(random_ratings(), seed=0)
