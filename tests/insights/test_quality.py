"""Each finding appears where its oddity is planted, and not where it is not."""

import pytest

from aisle.insights.finding import Severity
from aisle.shop.moments import DAY, HOUR, SECOND
from tests.insights.logs import START, event, findings, healthy, item, quality, tally


def test_a_healthy_shop_has_no_findings() -> None:
    assert findings(tally(*healthy()), item("mug")) == {}


def test_a_shop_has_figures() -> None:
    shop = quality(tally(*healthy()), item("mug"), item("cup", image_url=None))

    assert (shop.events, shop.visitors, shop.items) == (120, 30, 2)
    assert shop.coverage == {"title": 1, "image_url": 0.5, "price": 1, "category": 1}
    assert sum(step.visitors for step in shop.activity) == 30
    assert [(step.least, step.most, step.visitors) for step in shop.activity] == [(1, 1, 0), (2, 2, 0), (3, 4, 30)]
    assert sum(sum(period.kinds.values()) for period in shop.course) == 120
    assert list(shop.course[0].kinds) == ["view_item", "purchase"]


def test_what_matters_most_comes_first() -> None:
    shop = quality(tally(event(START, None), event(START, "a", "x")), item("mug", title=None))

    order = [list(Severity).index(finding.severity) for finding in shop.findings]
    assert order == sorted(order)
    assert shop.findings[0].severity is Severity.SERIOUS


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
    finding = findings(tally(*healthy(), *events), item("mug"))[name]

    assert (finding.severity, finding.count) == (severity, count)
    assert finding.advice
    assert finding.count <= finding.of
