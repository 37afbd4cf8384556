import numpy as np
import polars as pl
import pytest
import tea_tasting as tt

from aisle.experiments.statistics.balance import sample_ratio, uniformity


def test_a_small_imbalance_is_chance_and_a_great_one_is_not() -> None:
    assert not sample_ratio([5_050, 4_950], [1, 1]).is_broken
    assert sample_ratio([5_300, 4_700], [1, 1]).is_broken


def test_the_p_value_is_that_of_tea_tasting() -> None:
    data = pl.DataFrame({"variant": [0] * 1_020 + [1] * 2_100})
    theirs = tt.Experiment(ratio=tt.SampleRatio(2, method="norm", correction=False)).analyze(data)["ratio"]

    assert sample_ratio([1_020, 2_100], [1, 2]).p_value == pytest.approx(theirs.pvalue, rel=1e-6)


def test_a_variant_without_traffic_is_broken() -> None:
    assert sample_ratio([1_000, 0], [0.5, 0.5]).is_broken


def test_nobody_yet_is_no_imbalance() -> None:
    assert sample_ratio([0, 0], [1, 1]).p_value == 1


def test_the_expected_units_follow_the_shares() -> None:
    assert sample_ratio([90, 10], [9, 1]).expected == (90, 10)


def test_even_numbers_are_uniform_and_crowded_ones_are_not() -> None:
    rng = np.random.default_rng(1)

    assert uniformity(rng.random(10_000)) > 0.001
    assert uniformity(rng.random(10_000) ** 1.2) < 0.001
