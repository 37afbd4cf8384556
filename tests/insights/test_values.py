"""Findings about single values."""

import polars as pl

from aisle.insights.finding import Severity
from aisle.insights.values import odd_prices
from aisle.shop.moments import DAY
from tests.insights.logs import START, event, findings, item, tally


def test_a_log_of_days_has_no_time_of_day() -> None:
    finding = findings(tally(*(event(number * DAY + 20_000 * DAY) for number in range(3))))["no_time_of_day"]

    assert (finding.count, finding.severity) == (3, Severity.WARNING)


def test_a_price_far_from_the_usual_one_of_its_item_is_odd() -> None:
    prices = pl.DataFrame(
        {"item_id": ["mug"] * 3 + ["pot"] * 2, "currency": ["GBP"] * 5, "price": [500, 550, 50_000, 900, 9_000_000],
         "count": [60, 30, 2, 1, 3]}
    )  # fmt: skip

    assert odd_prices(prices).rows() == [("mug", "GBP", 50_000, 2, 500)]


def test_an_item_of_many_prices_has_none_that_is_odd() -> None:
    prices = [10 ** (number / 4) * 1000 for number in range(20)]
    frame = pl.DataFrame({"item_id": "gift", "currency": None, "price": [int(price) for price in prices], "count": 5})

    assert odd_prices(frame).is_empty()


def test_odd_prices_have_an_example_in_money() -> None:
    lines = [event(START + number, price=5_000_000) for number in range(10)]
    finding = findings(tally(*lines, event(START + 99, price=500_000_000)), item("mug"))["odd_prices"]

    assert (finding.count, finding.of, finding.severity) == (1, 11, Severity.WARNING)
    assert finding.example == "mug for £500.00, usually £5.00"
