import numpy as np
import pytest

from aisle.kernels.sgd_numpy import Factors, Steps
from aisle.recommenders.ratings.descent import DescentConfig
from aisle.shop.errors import SettingsError

CONFIG = DescentConfig(factors=2, epochs=10, learning_rate=0.05, regularization=0.1)


def factors(value: float) -> Factors:
    return Factors(*(np.full(shape, value, np.float32) for shape in (2, 3, (2, 2), (3, 2))))


def test_steps_are_what_kernels_read() -> None:
    assert CONFIG.steps == Steps(10, 0.05, 0.1)


def test_the_ridge_of_a_query_grows_with_its_ratings() -> None:
    np.testing.assert_allclose(CONFIG.query_ridge(np.array([0, 1, 5])), [2, 2.1, 2.5], rtol=1e-6)


def test_finite_factors_are_taken_over() -> None:
    finite = factors(1.0)
    assert CONFIG.finite(finite) is finite


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_descent_into_infinity_names_the_setting(value: float) -> None:
    with pytest.raises(SettingsError, match=r"learning_rate = 0\.05 is too large for these ratings; try"):
        CONFIG.finite(factors(1.0)._replace(item_bias=np.full(3, value, np.float32)))
