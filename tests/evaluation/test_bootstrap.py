import numpy as np
import pytest

from aisle.evaluation.bootstrap import RESAMPLES, mean_interval, resampled_means


def test_the_interval_is_about_two_standard_errors_to_each_side() -> None:
    values = np.random.default_rng(1).normal(10, 2, 400)

    interval = mean_interval(values, seed=0)

    error = values.std() / np.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_intervals_hold_the_true_mean_as_often_as_they_promise() -> None:
    rng = np.random.default_rng(2)
    intervals = [mean_interval(rng.exponential(1.0, 200), seed=seed) for seed in range(200)]

    held = np.mean([interval.low <= 1 <= interval.high for interval in intervals])

    assert 0.89 <= held <= 0.98


def test_equal_seeds_give_equal_intervals() -> None:
    values = np.arange(50.0)

    assert mean_interval(values, seed=3) == mean_interval(values, seed=3)
    assert mean_interval(values, seed=3) != mean_interval(values, seed=4)


def test_equal_values_are_no_certainty() -> None:
    nothing, all_found = mean_interval(np.zeros(100), seed=0), mean_interval(np.ones(100), seed=0)

    # The rule of three: of 100 shoppers for whom nothing was found, up to 3 in 100 may still be those it helps.
    assert (nothing.low, nothing.value) == (0, 0)
    assert nothing.high == pytest.approx(0.03, abs=0.011)
    assert (all_found.value, all_found.high) == (1, 1)
    assert all_found.low == pytest.approx(0.97, abs=0.011)


@pytest.mark.parametrize("shoppers", [1, 2, 3, 10])
def test_the_interval_of_few_shoppers_is_wide(shoppers: int) -> None:
    interval = mean_interval(np.ones(shoppers), seed=0)

    assert interval.value == 1
    assert interval.high - interval.low >= 1 / max(shoppers, 3)


def test_queries_without_a_value_are_left_out() -> None:
    assert mean_interval(np.array([1.0, np.nan, 1.0]), seed=0).value == 1


def test_every_row_draws_the_same_shoppers() -> None:
    values = np.arange(30.0)

    means = resampled_means(np.stack((values, 2 * values)), seed=0)

    assert means.shape == (2, RESAMPLES)
    np.testing.assert_allclose(means[1], 2 * means[0])


def test_many_shoppers_are_drawn_in_blocks() -> None:
    means = resampled_means(np.ones((1, 3001)), seed=0)

    np.testing.assert_array_equal(means, np.ones((1, RESAMPLES)))
