import numpy as np
import pytest

from aisle.experiments.statistics.several import benjamini_hochberg, holm

P_VALUES = np.array([0.01, np.nan, 0.04, 0.03, 0.005, 0.6])


def test_holm_is_as_worked_out_by_hand() -> None:
    # Of five: 0.005 * 5, 0.01 * 4, 0.03 * 3, then 0.04 * 2 is less and stays at 0.09.
    assert holm(P_VALUES) == pytest.approx([0.04, np.nan, 0.09, 0.09, 0.025, 0.6], nan_ok=True)


def test_benjamini_and_hochberg_is_as_worked_out_by_hand() -> None:
    assert benjamini_hochberg(P_VALUES) == pytest.approx([0.025, np.nan, 0.05, 0.05, 0.025, 0.6], nan_ok=True)


def test_both_find_nothing_among_nothing() -> None:
    nothing = np.array([np.nan, np.nan])

    assert np.isnan(holm(nothing)).all()
    assert np.isnan(benjamini_hochberg(nothing)).all()


def test_holm_never_finds_more_than_benjamini_and_hochberg() -> None:
    p_values = np.random.default_rng(1).random(200) ** 3

    assert (holm(p_values) >= benjamini_hochberg(p_values)).all()
