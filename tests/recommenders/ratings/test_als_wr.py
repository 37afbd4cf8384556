import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.ratings.als_wr import ALSWR, ALSWRConfig
from aisle.shop.errors import SettingsError
from tests.recommenders.battery import ask_rows
from tests.recommenders.rating_battery import RatingBattery, random_ratings


class TestALSWR(RatingBattery):
    def make(self) -> ALSWR:
        return ALSWR(ALSWRConfig(factors=8))


class TestMoreFactorsThanTheMatrix(RatingBattery):
    def make(self) -> ALSWR:
        return ALSWR(ALSWRConfig(factors=60, iterations=5))


def test_a_known_user_is_folded_in_to_the_same() -> None:
    data = random_ratings()
    model = ALSWR(ALSWRConfig(factors=8)).fit(data, seed=0)
    users, items = np.divmod(np.arange(40 * 30), 30)
    folded = model.stars(model.score(ask_rows(data)))
    np.testing.assert_allclose(folded.ravel(), model.predict(users, items), atol=1e-4)


def test_every_iteration_lowers_the_objective() -> None:
    data = random_ratings()
    losses = [objective(data, iterations) for iterations in (1, 2, 4, 8, 16, 32)]
    assert losses == sorted(losses, reverse=True)


def objective(data: Interactions, iterations: int) -> float:
    """Return Σ (error² + λ (b_u² + b_i² + |p_u|² + |q_i|²)) over the ratings."""
    learnt = ALSWR(ALSWRConfig(factors=5, regularization=0.2, iterations=iterations)).fit(data, seed=2)
    users, items = data.matrix.nonzero()
    user_bias, item_bias, p, q = learnt.factors_
    paid = user_bias[users] ** 2 + item_bias[items] ** 2 + (p[users] ** 2).sum(axis=1) + (q[items] ** 2).sum(axis=1)
    return float(np.sum((data.matrix.data - learnt._predict(users, items)) ** 2 + 0.2 * paid))


@pytest.mark.parametrize("name", ["factors", "regularization", "iterations"])
def test_settings_out_of_range(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        ALSWRConfig.parse({name: 0})
