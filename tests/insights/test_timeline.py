"""Findings about the course of a log."""

import numpy as np

from aisle.insights.timeline import silent_days
from aisle.shop.moments import DAY, format_day
from tests.insights.logs import START, event, findings, tally


def test_orders_alone_lack_browsing_and_views_alone_lack_purchases() -> None:
    assert "no_browsing" in findings(tally(event(START)))
    assert "no_purchases" in findings(tally(event(START, kind="view_item")))


def test_a_kind_that_no_longer_comes_has_stopped() -> None:
    carts = [event(START + n * DAY + k, kind="add_to_cart") for n in range(40) for k in range(5)]
    views = [event(START + n * DAY + k, kind="view_item") for n in range(50) for k in range(5)]
    finding = findings(tally(*carts, *views))["add_to_cart_stopped"]

    assert (finding.count, finding.of) == (10, 50)
    assert finding.example == f"5.0 a day until {format_day(START + 39 * DAY)}"
    assert "add_to_cart_stopped" not in findings(tally(*carts))


def test_days_are_silent_against_their_own_weekday() -> None:
    week = np.array([100, 100, 100, 100, 100, 60, 0])
    counts = np.tile(week, 8)
    counts[[22, 23]] = 0, 3

    assert np.flatnonzero(silent_days(counts)).tolist() == [22, 23]


def test_few_events_make_no_gap_and_a_short_log_none() -> None:
    assert not silent_days(np.array([3, 2, 0, 4, 1, 2, 0] * 6)).any()
    assert not silent_days(np.array([100] * 6 + [0] + [100] * 6)).any()
    assert not silent_days(np.array([100])).any()


def test_the_longest_gap_is_the_example() -> None:
    silent = {10, 20, 21, 22}
    events = [event(START + n * DAY + k, kind="view_item") for n in range(42) if n not in silent for k in range(25)]
    finding = findings(tally(*events))["gaps"]

    assert (finding.count, finding.of) == (4, 42)
    assert finding.example == f"{format_day(START + 20 * DAY)} to {format_day(START + 22 * DAY)}"


def test_a_long_silence_is_found_whatever_the_weeks_around_it() -> None:
    days = [*range(60), *range(200, 260)]
    found = findings(tally(*(event(START + day * DAY + k, kind="view_item") for day in days for k in range(5))))

    assert (found["silence"].count, found["silence"].of) == (140, 260)
    assert found["silence"].example == f"{format_day(START + 60 * DAY)} to {format_day(START + 199 * DAY)}"
    assert "stray_events" not in found


def test_stray_events_are_found() -> None:
    body = [event(START + day * DAY + k, kind="view_item") for day in range(60) for k in range(5)]
    finding = findings(tally(*body, event(START + 400 * DAY)))["stray_events"]

    assert (finding.count, finding.of, finding.example) == (1, 301, format_day(START + 400 * DAY))
    assert "stray_events" not in findings(tally(*body))
