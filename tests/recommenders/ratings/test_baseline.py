import numpy as np
import pytest

from aisle.recommenders.ratings.baseline import Baseline, BaselineConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask
from tests.recommenders.rating_battery import RatingBattery, rated_shop


class TestBaseline(RatingBattery):
    def make(self) -> Baseline:
        return Baseline(BaselineConfig())


class TestBaselineByDescent(RatingBattery):
    def make(self) -> Baseline:
        return Baseline(BaselineConfig(method="sgd", epochs=50))


def test_one_round_of_averages() -> None:
    # μ = 3; b_i = [(2 - 1) / (2 + 1), -1 / (1 + 1)]; b_u = [(2 - 1/3 - 1 + 1/2) / (2 + 2), (-1 - 1/3) / (1 + 2)].
    config = BaselineConfig(iterations=1, item_regularization=1, user_regularization=2)
    model = Baseline(config).fit(rated_shop(np.array([[5.0, 2], [2, 0]])), seed=0)
    np.testing.assert_allclose(model.biases_.item, [1 / 3, -1 / 2], rtol=1e-6)
    np.testing.assert_allclose(model.biases_.user, [7 / 24, -4 / 9], rtol=1e-6)
    assert model.score(ask({0: 5.0, 1: 2.0}))[0, 1] == pytest.approx(3 + 7 / 24 - 1 / 2)


def test_without_regularization_items_nobody_rated_are_average() -> None:
    config = BaselineConfig(item_regularization=0, user_regularization=0)
    model = Baseline(config).fit(rated_shop(np.array([[5.0, 2, 0], [2, 0, 0], [0, 0, 0]])), seed=0)
    assert model.score(ask({}))[0, 2] == 3


@pytest.mark.parametrize(
    ("name", "value"), [("method", "median"), ("iterations", 0), ("user_regularization", -1), ("learning_rate", 0)]
)
def test_settings_out_of_range(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        BaselineConfig.parse({name: value})
