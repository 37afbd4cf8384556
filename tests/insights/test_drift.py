import math

import numpy as np
import polars as pl
import pytest

from aisle.insights.drift import BOUND, CLICKS_BOUND, clicks_by_age, event_mix, score_shift
from aisle.shop.moments import DAY


def test_the_index_of_a_mix_computed_by_hand() -> None:
    drift = event_mix({"view_item": 800, "purchase": 200}, {"view_item": 500, "purchase": 500})
    assert drift is not None
    p, q = 0.5, 800.5 / 1001
    assert drift.value == pytest.approx((p - q) * math.log(p / q) + (q - p) * math.log((1 - p) / (1 - q)))
    assert (drift.beyond, drift.bound) == (True, BOUND)
    assert drift.says == "purchase makes 50.0% of the events of the last days, and made 20.0% of those before"


def test_the_same_mix_has_not_drifted() -> None:
    drift = event_mix({"view_item": 8000, "purchase": 2000}, {"view_item": 810, "purchase": 190})
    assert drift is not None
    assert (drift.beyond, drift.value < 0.01) == (False, True)


def test_a_kind_that_stops_has_drifted() -> None:
    drift = event_mix({"view_item": 800, "purchase": 200}, {"view_item": 1000})
    assert drift is not None
    assert drift.beyond


def test_few_events_are_not_compared() -> None:
    assert event_mix({"view_item": 499}, {"view_item": 9_000}) is None
    assert event_mix({}, {}) is None


def test_scores_that_moved_have_drifted_and_others_have_not() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(size=5_000)
    same, moved = score_shift(before, rng.normal(size=5_000)), score_shift(before, rng.normal(0.7, size=5_000))
    assert same is not None
    assert moved is not None
    assert (same.beyond, moved.beyond) == (False, True)
    assert score_shift(before, before[:100]) is None


def test_scores_that_are_all_the_same_have_one_part() -> None:
    drift = score_shift(np.ones(600), np.ones(600))
    assert drift is not None
    assert drift.value == 0


def days(*clicks: int, seen: int = 10_000) -> pl.DataFrame:
    return pl.DataFrame({"day": [DAY * number for number in range(len(clicks))], "seen": seen, "clicks": list(clicks)})


def test_a_model_whose_clicks_fall_has_aged() -> None:
    drift = clicks_by_age(days(*[500] * 10, *[400] * 7))
    assert drift is not None
    assert drift.value == pytest.approx(0.2)
    assert (drift.beyond, drift.bound) == (True, CLICKS_BOUND)
    assert drift.says == "4.00% of what is seen is clicked, and 5.00% was in the model's first week"


def test_a_fall_that_may_be_chance_is_none() -> None:
    drift = clicks_by_age(days(*[10] * 7, *[8] * 7, seen=200))
    assert drift is not None
    assert (drift.value > CLICKS_BOUND, drift.beyond) == (True, False)


@pytest.mark.parametrize("clicks", [[], [500] * 13, [5] * 20], ids=["never shown", "young", "few clicks"])
def test_what_cannot_be_told_is_not(clicks: list[int]) -> None:
    assert clicks_by_age(days(*clicks)) is None


def test_a_day_without_shelves_counts_as_a_day() -> None:
    gap = days(*[500] * 17).filter(pl.col("day") != 3 * DAY)
    assert clicks_by_age(gap) is not None
