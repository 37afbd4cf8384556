import numpy as np
import polars as pl
import pytest

from aisle.prepare.stray import SteadySpan, days_of, steady_span
from aisle.shop.moments import DAY

BODY = np.arange(100, 160)


def span_of(days: np.ndarray, counts: np.ndarray | int) -> tuple[int, int]:
    span = steady_span(days, np.broadcast_to(counts, len(days)).astype(np.int64))
    return span.start // DAY, span.end // DAY


def test_a_steady_log_is_steady_from_end_to_end() -> None:
    assert span_of(BODY, 20) == (100, 160)


@pytest.mark.parametrize("stray", [[], [165], [400], [400, 401], [300, 900]], ids=str)
@pytest.mark.parametrize("early", [[], [3], [90]], ids=str)
def test_a_few_events_far_away_are_stray(stray: list[int], early: list[int]) -> None:
    days = np.concatenate((early, BODY, stray)).astype(np.int64)
    counts = np.where((days >= 100) & (days < 160), 20, 3)
    assert span_of(days, counts) == (100, 160)


def test_one_event_of_the_next_day_is_stray_where_a_day_has_many() -> None:
    days = np.append(BODY, 160)
    assert span_of(days, np.append(np.full(60, 100), 1)) == (100, 160)
    assert span_of(days, np.append(np.full(60, 5), 1)) == (100, 161)


def test_a_shop_that_goes_on_after_a_gap_goes_on() -> None:
    days = np.append(BODY, np.arange(400, 420))
    assert span_of(days, 20) == (100, 420)


def test_what_follows_a_gap_counts_once_there_is_enough_of_it() -> None:
    days = np.append(BODY, 400)
    few, enough = (np.append(np.full(60, 20), last) for last in (50, 70))
    assert (span_of(days, few)[1], span_of(days, enough)[1]) == (160, 401)


def test_rare_events_are_not_stray() -> None:
    assert span_of(np.array([0, 40, 90, 200]), 1) == (0, 201)


def test_a_single_day_is_all_there_is() -> None:
    assert span_of(np.array([7]), 3) == (7, 8)


def test_stray_moments_are_described() -> None:
    moments = pl.Series([day * DAY for day in (*range(60), 400)])
    span = steady_span(*days_of(moments))
    assert span == SteadySpan(0, 60 * DAY)
    described = span.describe_stray(moments)
    assert described is not None
    assert described.startswith("1 of 1971-02-05, far from all others (1970-01-01 to 1970-03-01)")
    assert span.describe_stray(moments.head(60)) is None
