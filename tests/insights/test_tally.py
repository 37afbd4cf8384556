"""What a tally counts, and that parts make no difference."""

import operator

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aisle.insights.tally import Cases, Tally
from aisle.shop.moments import DAY, HOUR, SECOND
from tests.insights.logs import NOW, START, event, log, tally

LOG = log(
    event(START, "anna", "mug", transaction_id="o1"),
    event(START, "anna", "mug", transaction_id="o1"),
    event(START + 2 * HOUR, "anna", "cup", transaction_id="o1", price=0),
    event(START + DAY, "anna", "cup", "refund"),
    event(START + DAY, "bob", "mug", "refund", quantity=7),
    event(START, None, "pot", "view_item", session_id="s-1"),
    event(START + SECOND // 2, None, "pot", "view_item", session_id="s-1"),
    event(START, None, "pot", "view_item"),
    event(START + HOUR, "bob", "pot", "rate", rating=4.0),
    event(START + 2 * HOUR, "bob", "mug", "rate", rating=2.0),
    event(START + DAY, "bob", "pot", price=None),
)


def test_parts_of_whole_visitors_add_up_to_the_same() -> None:
    whole, parted = Tally(NOW).add(LOG), Tally(NOW)
    for part in LOG.partition_by("user_id", "session_id"):
        parted.add(part)

    assert parted.cases == whole.cases
    assert (parted.events, parted.longest) == (whole.events, whole.longest)
    for name in ("visitors", "days", "items", "prices", "sessions", "stars", "raters"):
        assert_frame_equal(getattr(parted, name), getattr(whole, name), check_row_order=False)


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("doubled_lines", Cases(1, 1, "purchase of mug by anna, 2 times")),
        ("doubled_clicks", Cases()),
        ("fired_twice", Cases(1, START + SECOND // 2, "view_item of pot by s-1")),
        ("scattered_orders", Cases(1, 2 * HOUR, "o1: 2.0 hours")),
        ("free_lines", Cases(1, 1, "1 × cup by anna on 2024-10-04")),
        ("unpriced_lines", Cases(1, 1, "1 × pot by bob on 2024-10-05")),
        ("refunds_without_purchase", Cases(1, 7, "7 × mug by bob on 2024-10-05")),
        ("bought", Cases(4)),
        ("refunded", Cases(2)),
        ("clock_ahead", Cases()),
    ],
)
def test_what_is_searched_is_counted_with_an_example(name: str, cases: Cases) -> None:
    assert Tally(NOW).add(LOG).cases[name] == cases


def test_the_span_of_a_log() -> None:
    assert Tally(NOW).add(LOG).span() == (20_000, 20_001)


def test_events_after_now_are_ahead() -> None:
    assert tally(event(NOW), event(NOW + 1)).cases["clock_ahead"] == Cases(1, NOW + 1, "purchase of anna")


def test_days_count_kinds_the_nameless_and_full_hours() -> None:
    days = Tally(NOW).add(LOG).days.filter(pl.col("event") == "view_item")

    assert days.row(0) == (20_000, "view_item", 3, 1, 0)
    assert tally(event(20_000 * DAY)).days["on_the_hour"].to_list() == [1]


def test_sessions_end_with_half_an_hour_of_silence_or_are_the_shops_own() -> None:
    counted = tally(
        event(START), event(START + HOUR), event(START + HOUR + 1),
        event(START, "bob", session_id="s"), event(START + 5 * HOUR, "bob", session_id="s"),
    )  # fmt: skip

    assert sorted(counted.sessions.rows()) == [(1, 1), (2, 2)]
    assert counted.longest == Cases(3, 2, "bob with 2 events")


def test_prices_are_those_that_were_paid() -> None:
    assert Tally(NOW).add(LOG).prices.rows() == [("mug", "GBP", 5_000_000, 2)]


def test_raters_have_the_sums_of_their_stars() -> None:
    assert Tally(NOW).add(LOG).raters.rows() == [("bob", 2, 6.0, 20.0)]


def test_something_else_cannot_be_added_to_cases() -> None:
    with pytest.raises(TypeError):
        operator.add(Cases(), (1, 2, 3))
