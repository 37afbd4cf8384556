import numpy as np
import pytest
from scipy.stats import mstats

from aisle.experiments.statistics.differences import absolute
from aisle.experiments.statistics.quantiles import FEW, quantile


@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_the_error_is_about_that_of_maritz_and_jarrett(probability: float) -> None:
    values = np.random.default_rng(1).lognormal(3, 1, 4_000)

    estimate = quantile(values, probability)

    assert estimate.value == np.quantile(values, probability)
    assert np.sqrt(estimate.variance) == pytest.approx(mstats.mjci(values, probability)[0], rel=0.25)


def test_intervals_of_differences_hold_the_truth_as_often_as_they_promise() -> None:
    rng = np.random.default_rng(2)

    def held() -> bool:
        low, high = absolute(*(quantile(rng.lognormal(3, 1, 500), 0.5) for _ in range(2))).interval()
        return bool(low <= 0 <= high)

    assert 0.9 <= np.mean([held() for _ in range(200)]) <= 0.98


def test_few_values_have_no_quantile() -> None:
    assert np.isnan(quantile(np.arange(FEW - 1.0), 0.5).value)
