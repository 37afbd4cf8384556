import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from aisle.metrics.ratings import mae, rmse, spearman

GIVEN = np.array([5, 1, 3, 4], np.float32)


def test_known_errors() -> None:
    predicted = np.array([4, 1, 5, 3.5], np.float32)
    assert rmse(predicted, GIVEN) == pytest.approx(np.sqrt((1 + 0 + 4 + 0.25) / 4))
    assert mae(predicted, GIVEN) == pytest.approx((1 + 0 + 2 + 0.5) / 4)


def test_perfect_predictions_have_no_error() -> None:
    assert rmse(GIVEN, GIVEN) == mae(GIVEN, GIVEN) == 0


def test_what_is_not_predicted_counts_for_nothing() -> None:
    predicted = np.array([4, np.nan, np.nan, 4], np.float32)
    assert rmse(predicted, GIVEN) == pytest.approx(np.sqrt(0.5))
    assert mae(predicted, GIVEN) == 0.5


def test_nothing_predicted_is_no_figure() -> None:
    assert np.isnan(rmse(np.full(4, np.nan), GIVEN))
    assert np.isnan(mae(np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("metric", [rmse, mae])
def test_lengths_must_match(metric: object) -> None:
    with pytest.raises(ValueError, match="3 predictions do not match 4 ratings"):
        metric(np.zeros(3), GIVEN)  # type: ignore[operator]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30))
def test_spearman_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    predicted, stars = np.array(pairs, np.float64).T
    with warnings.catch_warnings(action="ignore"):  # it warns of constant input, where both say NaN
        expected = spearmanr(predicted, stars).statistic
    np.testing.assert_allclose(spearman(predicted, stars), expected, atol=1e-12)


def test_spearman_leaves_out_what_is_not_predicted() -> None:
    predicted = np.array([1.0, np.nan, 2.0, 3.0])
    assert spearman(predicted, np.array([1.0, 5.0, 2.0, 4.0])) == 1
    assert np.isnan(spearman(np.full(4, np.nan), predicted))
