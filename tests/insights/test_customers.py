from datetime import date

from aisle.insights.customers import (
    NO_BUYERS,
    cohorts,
    customers_by_month,
    repeat_purchases,
    repurchase_intervals,
    rfm,
    rfm_scores,
)
from tests.insights.shops import buy, shop

# Anna buys in January, February and April, Ben in January only, Carla first in February.
THREE = (
    buy("2026-01-10", "anna"), buy("2026-02-10", "anna"), buy("2026-04-10", "anna"),
    buy("2026-01-20", "ben"), buy("2026-02-15", "carla"),
)  # fmt: skip


def test_cohorts_say_who_comes_back_in_which_month() -> None:
    insight = cohorts(shop(*THREE))

    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert insight.frame.rows() == [
        (january, 0, 2, 1.0), (january, 1, 1, 0.5), (january, 2, 0, 0.0), (january, 3, 1, 0.5),
        (february, 0, 1, 1.0), (february, 1, 0, 0.0), (february, 2, 0, 0.0),
    ]  # fmt: skip
    # One of the three who had a whole month to come back did.
    assert insight.sentence == "33 % of new buyers order again in the month after their first order."


def test_a_short_log_has_nobody_who_could_have_come_back() -> None:
    assert "too short" in cohorts(shop(buy("2026-01-05"))).sentence


def test_buyers_by_their_number_of_orders() -> None:
    insight = repeat_purchases(shop(*THREE))

    assert insight.frame.rows() == [("1", 2, 2 / 3), ("3", 1, 1 / 3)]
    assert insight.sentence == "33 % of 3 buyers ordered more than once; they placed 60 % of the orders."


def test_many_orders_are_one_row() -> None:
    often = [buy(f"2026-01-{day:02d}") for day in range(1, 16)]

    assert repeat_purchases(shop(*often)).frame.rows() == [("10+", 1, 1.0)]


def test_lines_of_one_order_count_once_and_times_tell_orders_without_a_number() -> None:
    lines = (
        buy("2026-01-05", item="mug", transaction_id="1"), buy("2026-01-05", item="jug", transaction_id="1"),
        buy("2026-01-05", item="mug", hour=9), buy("2026-01-05", item="jug", hour=9),
    )  # fmt: skip

    orders = shop(*lines).orders

    assert orders.select("lines", "units", "revenue").rows() == [(2, 2, 20.0), (2, 2, 20.0)]


def test_rfm_scores_are_fifths() -> None:
    # u0 bought longest ago, once, for 10; u4 most lately, five times, for 10 each.
    bought = [buy(f"2026-01-{1 + 5 * user + n:02d}", f"u{user}") for user in range(5) for n in range(user + 1)]

    scored = rfm_scores(shop(*bought)).sort("frequency")

    assert scored.select("frequency", "money").rows() == [(n, 10.0 * n) for n in range(1, 6)]
    assert scored["r"].to_list() == scored["f"].to_list() == scored["m"].to_list() == [1, 2, 3, 4, 5]
    assert scored["segment"].to_list() == ["lost", "lost", "loyal", "champions", "champions"]
    assert scored["recency"].to_list() == [24, 18, 12, 6, 0]


def test_rfm_sums_up_segments() -> None:
    bought = [buy(f"2026-01-{1 + 5 * user + n:02d}", f"u{user}") for user in range(5) for n in range(user + 1)]

    insight = rfm(shop(*bought))

    assert insight.frame.select("segment", "buyers", "spent").rows() == [
        ("champions", 2, 90.0), ("loyal", 1, 30.0), ("lost", 2, 30.0),
    ]  # fmt: skip
    assert insight.sentence.startswith("Champions are 40 % of the buyers and bring 60 % of the money (GBP); 0 good")


def test_equal_buyers_get_equal_scores() -> None:
    scored = rfm_scores(shop(*(buy("2026-01-05", f"u{number}") for number in range(7))))

    assert {scored[name].n_unique() for name in "rfm"} == {1}


def test_customers_are_new_return_and_are_lost_after_three_months() -> None:
    # Anna pauses longer than three months and comes back; Ben never does.
    log = shop(buy("2026-01-10", "anna"), buy("2026-01-20", "ben"), buy("2026-02-10", "ben"), buy("2026-06-10", "anna"))

    frame = customers_by_month(log).frame

    assert frame.drop("month").rows() == [
        (2, 0, 0, None),  # January: both are new
        (0, 1, 0, 0.0),
        (0, 0, 0, 0.0),
        (0, 0, 1, 0.5),  # April: Anna has ordered nothing for three months
        (0, 0, 1, 1.0),  # May: nor has Ben
        (0, 1, 0, None),  # June: Anna is back; there were no customers left
    ]


def test_days_between_orders_of_one_shopper() -> None:
    log = shop(buy("2026-01-01"), buy("2026-01-08"), buy("2026-01-31"), buy("2026-01-02", "ben"))

    insight = repurchase_intervals(log)

    assert {days: orders for days, orders, _ in insight.frame.rows() if orders} == {"2–7": 1, "15–30": 1}
    assert "within 15 days" in insight.sentence  # the middle of 7 and 23


def test_without_known_shoppers_it_says_what_to_send() -> None:
    anonymous = shop(buy("2026-01-05", None))

    for insight in (cohorts, repeat_purchases, rfm, customers_by_month):
        assert (insight(anonymous).sentence, insight(anonymous).is_empty) == (NO_BUYERS, True)
    assert "Nobody ordered on two days" in repurchase_intervals(anonymous).sentence
