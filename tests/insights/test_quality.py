"""Each finding appears where its oddity is planted, and not where it is not."""

import numpy as np
import polars as pl
import pytest

from aisle.insights.catalogue import COLUMNS as OF_ITEMS
from aisle.insights.finding import Finding, Severity
from aisle.insights.quality import Quality, judge
from aisle.insights.tally import Tally
from aisle.insights.timeline import silent_days
from aisle.insights.values import odd_prices
from aisle.prepare.catalogue import SCHEMA
from aisle.prepare.weigh import Weights
from aisle.shop.moments import DAY, HOUR, SECOND, format_day
from tests.insights.logs import START, event, tally

REVIEWED = pl.DataFrame(schema={"item_id": pl.String, "count": pl.Int64})


def item(item_id: str, **more: object) -> dict[str, object]:
    known = {"title": f"The {item_id}", "price": 5_000_000, "category": "Kitchen", "image_url": f"/{item_id}.jpg"}
    return dict.fromkeys(OF_ITEMS) | {"item_id": item_id, "currency": "GBP"} | known | more


def catalogue(*items: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(items, schema={name: SCHEMA[name] for name in OF_ITEMS}, orient="row")


def quality(counted: Tally, *items: dict[str, object], reviewed: pl.DataFrame = REVIEWED) -> Quality:
    return judge(counted, catalogue(*items), reviewed, Weights())


def found(counted: Tally, *items: dict[str, object], reviewed: pl.DataFrame = REVIEWED) -> dict[str, Finding]:
    return {one.name: one for one in quality(counted, *items, reviewed=reviewed).findings}


def healthy() -> list[dict[str, object]]:
    """Six weeks in which thirty shoppers view and buy, on two days each."""
    rng = np.random.default_rng(1)
    events = []
    for number in range(30):
        for day in rng.choice(42, 2, replace=False):
            moment = START + int(day) * DAY + int(rng.integers(10 * HOUR))
            events.append(event(moment, f"user-{number}", "mug", "view_item", price=None))
            events.append(
                event(moment + 40 * SECOND + number, f"user-{number}", "mug", transaction_id=f"{number}-{day}")
            )
    return events


def test_a_healthy_shop_has_no_findings() -> None:
    assert found(tally(*healthy()), item("mug")) == {}


def test_what_the_shop_is_like_is_told_in_figures() -> None:
    told = quality(tally(*healthy()), item("mug"), item("cup", image_url=None))

    assert (told.events, told.visitors, told.items) == (120, 30, 2)
    assert told.coverage == {"title": 1, "image_url": 0.5, "price": 1, "category": 1}
    assert sum(step.visitors for step in told.activity) == 30
    assert [(step.least, step.most, step.visitors) for step in told.activity] == [(1, 1, 0), (2, 2, 0), (3, 4, 30)]
    assert sum(sum(period.kinds.values()) for period in told.course) == 120
    assert list(told.course[0].kinds) == ["view_item", "purchase"]


def test_what_matters_most_comes_first() -> None:
    told = quality(tally(event(START, None), event(START, "a", "x")), item("mug", title=None))

    order = [list(Severity).index(one.severity) for one in told.findings]
    assert order == sorted(order)
    assert told.findings[0].severity is Severity.SERIOUS


PLANTED: dict[str, tuple[list[dict[str, object]], Severity, int]] = {
    "doubled_clicks": ([event(START, kind="view_item")] * 3, Severity.WARNING, 2),
    "doubled_lines": ([event(START)] * 4, Severity.INFO, 3),
    "fired_twice": (
        [event(START, kind="view_item"), event(START + 1000, kind="view_item")], Severity.INFO, 1,
    ),
    "clock_ahead": ([event(START + 2000 * DAY, kind="view_item")], Severity.SERIOUS, 1),
    "scattered_orders": (
        [event(START, transaction_id="o"), event(START + 2 * HOUR, transaction_id="o")], Severity.WARNING, 1,
    ),
    "free_lines": ([event(START, price=0)] * 1, Severity.INFO, 1),
    "unpriced_lines": ([event(START, price=None)], Severity.INFO, 1),
    "refunds_without_purchase": ([event(START, kind="refund")], Severity.WARNING, 1),
    "nameless_events": ([event(START, None)], Severity.INFO, 1),
    "bots": (
        [event(START + n * SECOND // 2, "bot", f"i{n}", "view_item") for n in range(80)], Severity.SERIOUS, 80,
    ),
    "busy_visitors": (
        [event(START + n, "busy", "mug", transaction_id=f"{n}") for n in range(400)], Severity.INFO, 1,
    ),
    "long_sessions": (
        [event(START + n, "busy", "mug", transaction_id=f"{n}") for n in range(400)], Severity.INFO, 1,
    ),
    "stars_off_scale": ([event(START, kind="rate", rating=9.0)], Severity.SERIOUS, 1),
    "flat_raters": (
        [event(START + n, "fan", f"i{n}", "rate", rating=5.0) for n in range(20)], Severity.INFO, 1,
    ),
    "unknown_items_of_events": ([event(START, item="ghost")], Severity.INFO, 1),
    "more_bought_than_viewed": ([event(START + n, transaction_id=f"{n}") for n in range(5)], Severity.WARNING, 5),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    events, severity, count = PLANTED[name]
    finding = found(tally(*healthy(), *events), item("mug"))[name]

    assert (finding.severity, finding.count) == (severity, count)
    assert finding.advice
    assert finding.count <= finding.of


def test_a_log_of_days_has_no_time_of_day() -> None:
    finding = found(tally(*(event(number * DAY + 20_000 * DAY) for number in range(3))))["no_time_of_day"]

    assert (finding.count, finding.severity) == (3, Severity.WARNING)


def test_buyers_of_one_day_are_told() -> None:
    once = found(tally(*(event(START, f"user-{number}") for number in range(10))))["one_time_buyers"]

    assert (once.count, once.of, once.severity) == (10, 10, Severity.WARNING)


def test_a_rater_far_from_the_others_is_odd() -> None:
    usual = [event(START + n, f"u{u}", f"i{n}", "rate", rating=3.0 + (n + u) % 3) for u in range(9) for n in range(21)]
    strict = [event(START + n, "strict", f"i{n}", "rate", rating=1.0 + (n == 0)) for n in range(21)]
    finding = found(tally(*usual, *strict))["odd_raters"]

    assert (finding.count, finding.of, finding.example) == (1, 10, "strict: 1.0 stars on average of 21")


def test_orders_alone_lack_browsing_and_views_alone_lack_purchases() -> None:
    assert "no_browsing" in found(tally(event(START)))
    assert "no_purchases" in found(tally(event(START, kind="view_item")))


def test_a_kind_that_no_longer_comes_has_stopped() -> None:
    carts = [event(START + n * DAY + k, kind="add_to_cart") for n in range(40) for k in range(5)]
    views = [event(START + n * DAY + k, kind="view_item") for n in range(50) for k in range(5)]
    finding = found(tally(*carts, *views))["add_to_cart_stopped"]

    assert (finding.count, finding.of) == (10, 50)
    assert finding.example == f"5.0 a day until {format_day(START + 39 * DAY)}"
    assert "add_to_cart_stopped" not in found(tally(*carts))


# --- Gaps -------------------------------------------------------------------------------------------------------------


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
    finding = found(tally(*events))["gaps"]

    assert (finding.count, finding.of) == (4, 42)
    assert finding.example == f"{format_day(START + 20 * DAY)} to {format_day(START + 22 * DAY)}"


# --- Prices -----------------------------------------------------------------------------------------------------------


def test_a_price_far_from_the_usual_one_of_its_item_is_odd() -> None:
    prices = pl.DataFrame(
        {"item_id": ["mug"] * 3 + ["pot"] * 2, "currency": ["GBP"] * 5, "price": [500, 550, 50_000, 900, 9_000_000],
         "count": [60, 30, 2, 1, 3]}
    )  # fmt: skip

    assert odd_prices(prices).rows() == [("mug", "GBP", 50_000, 2, 500)]


def test_an_item_of_many_prices_has_none_that_is_odd() -> None:
    prices = [10 ** (number / 4) * 1000 for number in range(20)]
    frame = pl.DataFrame({"item_id": "gift", "currency": None, "price": [int(one) for one in prices], "count": 5})

    assert odd_prices(frame).is_empty()


def test_odd_prices_are_told_in_money() -> None:
    lines = [event(START + number, price=5_000_000) for number in range(10)]
    finding = found(tally(*lines, event(START + 99, price=500_000_000)), item("mug"))["odd_prices"]

    assert (finding.count, finding.of, finding.severity) == (1, 11, Severity.WARNING)
    assert finding.example == "mug for £500.00, usually £5.00"


# --- Catalogue --------------------------------------------------------------------------------------------------------


def test_an_empty_catalogue_is_one_finding() -> None:
    names = found(tally(*healthy()))

    assert list(names) == ["no_catalogue"]


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        ("title", Severity.SERIOUS),
        ("image_url", Severity.WARNING),
        ("price", Severity.SERIOUS),
        ("category", Severity.WARNING),
    ],
)
def test_what_items_lack_is_told(column: str, severity: Severity) -> None:
    finding = found(tally(*healthy()), item("mug", **{column: None}))[f"without_{column}"]

    assert (finding.count, finding.of, finding.severity) == (1, 1, severity)


def test_items_without_events_are_idle() -> None:
    finding = found(tally(*healthy()), item("mug"), item("cup"))["idle_items"]

    assert (finding.count, finding.of, finding.example) == (1, 2, "cup (The cup)")


def test_reviews_of_unknown_items_are_told() -> None:
    reviewed = pl.DataFrame({"item_id": ["mug", "ghost"], "count": [9, 3]})
    finding = found(tally(*healthy()), item("mug"), reviewed=reviewed)["unknown_items_of_reviews"]

    assert (finding.count, finding.of, finding.example) == (3, 12, "ghost: 3 reviews")


def test_items_of_one_title_are_told_but_not_variants_of_one_product() -> None:
    events = tally(*healthy(), *(event(START, "user-1", name, "view_item") for name in ("a", "b", "c", "d")))
    twins = [item("a", title="Cup"), item("b", title="Cup")]
    variants = [item("c", title="Pot", item_group_id="pot"), item("d", title="Pot", item_group_id="pot")]
    finding = found(events, item("mug"), *twins, *variants)["same_titles"]

    assert (finding.count, finding.example) == (2, "Cup: a, b")


def test_an_item_that_costs_far_more_than_the_others_is_told() -> None:
    items = [item("mug"), *(item(f"i{n}", price=(n + 1) * 1_000_000) for n in range(9)), item("fee", price=10**15)]
    finding = found(tally(*healthy()), *items)["odd_catalogue_prices"]

    assert (finding.count, finding.example) == (1, "fee for £1,000,000,000.00")
