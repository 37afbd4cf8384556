import pytest

from aisle.insights.items import also_viewed, correlations
from tests.insights.shops import buy, event, item, shop


def test_dear_items_that_sell_less() -> None:
    # Ten items: the dearer, the fewer purchases.
    sold = [buy("2026-01-05", f"u{n}", f"i{number}", 1.0 + number) for number in range(10) for n in range(10 - number)]

    insight = correlations(shop(*sold))

    cells = {(first, second): value for first, second, value, _ in insight.frame.rows()}
    assert cells["price", "purchases"] == pytest.approx(-1)
    assert cells["price", "price"] == pytest.approx(1)
    assert insight.sentence == (
        "The price goes most with purchases: dearer items have fewer of them (correlation −1.00)."
    )


def test_few_items_are_not_compared() -> None:
    assert "It takes 10 items" in correlations(shop(buy("2026-01-05"))).sentence


def test_what_those_who_looked_at_an_item_also_look_at() -> None:
    # Six look at mug and jug, four others at the saw alone: twice as many as chance would have it.
    both = [event("view_item", "2026-01-05", f"u{n}", name) for n in range(6) for name in ("mug", "jug")]
    alone = [event("view_item", "2026-01-05", f"v{n}", "saw") for n in range(4)]

    insight = also_viewed(shop(*both, *alone, items=(item("mug"), item("jug"))))

    assert insight.frame.rows() == [("Jug", "Mug", 6, 1.0, 10 / 6), ("Mug", "Jug", 6, 1.0, 10 / 6)]
    assert "100 % of those who looked at Jug also looked at Mug, 1.7 times as often as others." in insight.sentence


def test_looking_twice_is_looking_once() -> None:
    again = [event("view_item", "2026-01-05", "anna", name) for name in ("mug", "jug") for _ in range(9)]

    assert "No two items have 5 shoppers in common" in also_viewed(shop(*again)).sentence
