import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.evaluation.compare import FEWEST, Finding, Verdict, compare, verdict


@pytest.fixture
def live() -> NDArray[np.float64]:
    return np.random.default_rng(0).uniform(0.1, 0.9, 500)


def test_the_difference_is_paired_by_shopper(live: NDArray[np.float64]) -> None:
    comparison = compare(live, live + 0.01, seed=0)

    # Shoppers differ widely, the two models by the same for each: pairing leaves no doubt.
    assert comparison.difference.low == pytest.approx(0.01)
    assert comparison.difference.high == pytest.approx(0.01)
    assert comparison.shoppers == 500


def test_the_relative_difference_is_a_share_of_the_live_mean(live: NDArray[np.float64]) -> None:
    comparison = compare(live, 1.2 * live, seed=0)

    assert comparison.relative is not None
    assert comparison.relative.low == pytest.approx(0.2)
    assert comparison.relative.value == pytest.approx(0.2)


def test_there_is_no_share_of_nothing() -> None:
    comparison = compare(np.zeros(10), np.ones(10), seed=0)

    assert comparison.relative is None
    assert comparison.difference.value == 1


def test_shoppers_without_a_value_from_both_are_left_out() -> None:
    comparison = compare(np.array([np.nan, 1.0, 1.0]), np.array([1.0, np.nan, 2.0]), seed=0)

    assert comparison.shoppers == 1
    assert comparison.difference.value == 1


def test_values_of_other_shoppers_are_refused() -> None:
    with pytest.raises(ValueError, match="3 values of the live model do not pair with 2"):
        compare(np.ones(3), np.ones(2), seed=0)


def test_a_better_model_is_promoted(live: NDArray[np.float64]) -> None:
    decision = verdict(live, 1.05 * live, seed=0)

    assert decision.promote
    assert decision.reason == "better by 5.0% (5.0% to 5.0%) over 500 shoppers"


def test_a_clearly_worse_model_is_refused(live: NDArray[np.float64]) -> None:
    decision = verdict(live, 0.95 * live, seed=0)

    assert not decision.promote
    assert decision.reason == "worse by 5.0% (5.0% to 5.0%) over 500 shoppers"


def test_an_equal_model_is_promoted(live: NDArray[np.float64]) -> None:
    assert verdict(live, live, seed=0).promote


def test_a_loss_within_the_tolerance_is_no_reason_to_refuse(live: NDArray[np.float64]) -> None:
    assert verdict(live, 0.995 * live, seed=0).promote
    assert not verdict(live, 0.995 * live, seed=0, tolerance=0.001).promote


def test_a_loss_that_may_be_chance_is_no_reason_to_refuse(live: NDArray[np.float64]) -> None:
    noise = np.random.default_rng(1).normal(0, 0.5, len(live))

    decision = verdict(live, live - 0.03 + noise - noise.mean(), seed=0)

    assert decision.comparison.difference.value == pytest.approx(-0.03)
    assert decision.promote


def test_a_model_that_finds_nothing_is_refused_even_if_live_finds_little() -> None:
    live = np.zeros(400)
    live[:8] = 1

    assert not verdict(live, np.zeros(400), seed=0).promote


def test_nothing_can_be_lost_where_the_live_model_finds_nothing() -> None:
    decision = verdict(np.zeros(60), np.zeros(60), seed=0)

    assert decision.promote
    assert decision.reason == "no real difference, +0.0000 (+0.0000 to +0.0000) over 60 shoppers"


def test_a_verdict_is_the_same_after_a_trip_through_json(live: NDArray[np.float64]) -> None:
    decision = verdict(live, live[::-1], seed=0)

    assert msgspec.json.decode(msgspec.json.encode(decision), type=Verdict) == decision


def test_a_difference_is_real_where_the_interval_is_on_one_side(live: NDArray[np.float64]) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, len(live))

    assert compare(live, live + 0.02, seed=0).finding is Finding.BETTER
    assert compare(live, live - 0.02, seed=0).finding is Finding.WORSE
    assert compare(live, live + noise - noise.mean(), seed=0).finding is Finding.NO_DIFFERENCE


def test_equal_models_do_not_differ(live: NDArray[np.float64]) -> None:
    assert compare(live, live, seed=0).finding is Finding.NO_DIFFERENCE


def test_a_handful_of_shoppers_shows_nothing() -> None:
    few, enough = np.zeros(FEWEST - 1), np.zeros(2 * FEWEST)

    assert FEWEST == 6
    assert compare(few, few + 1, seed=0).finding is Finding.NO_DIFFERENCE
    assert compare(enough, enough + 1, seed=0).finding is Finding.BETTER
