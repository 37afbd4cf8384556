"""The KPIs of a period at a glance, worked out by hand."""

import pytest

from aisle.app.data.day_counts import count_days
from aisle.app.data.kpi_overview import in_words, kpi_overview
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from tests.app.data.test_kpis import EURO, NOON, TODAY, db, done, serve  # noqa: F401  a fixture

WEEK = 7 * DAY
SPAN = (TODAY - 6 * DAY, TODAY + DAY)


@pytest.fixture
def lively(db: Database) -> Database:  # noqa: F811
    """This week: 3 orders of 10 EUR and one in pounds, 2 clicks of 4 seen; the week before 2 orders, 1 of 4."""
    for week, (orders, clicks) in enumerate(((3, 2), (2, 1))):
        moment = NOON - week * WEEK
        for place, name in enumerate(("home", "cart")):
            serve(db, f"{name}{week}", moment, "mug", "pot", placement=name)
            for at, item in enumerate(("mug", "pot")):
                seen = {"item_id": item, "recommendation_id": f"{name}{week}"}
                done(db, 1000 + 100 * week + 10 * place + at, "view_item_list", moment + 1, **seen)
            if place < clicks:
                clicked = {"item_id": "mug", "recommendation_id": f"{name}{week}"}
                done(db, 100 + 10 * week + place, "select_item", moment + 2, **clicked)
        for number in range(orders):
            paid = {"quantity": 1, "price": 10 * EURO, "currency": "EUR", "transaction_id": f"{week}-{number}"}
            done(db, 200 + 10 * week + number, "purchase", moment + 3, item_id="jug", user_id=f"u{number}", **paid)
    pounds = {"quantity": 1, "price": 9 * EURO, "currency": "GBP", "transaction_id": "pounds"}
    done(db, 300, "purchase", NOON, item_id="jug", user_id="p", **pounds)
    count_days(db, moment=NOON)
    return db


def test_the_whole_its_days_and_its_placements(lively: Database) -> None:
    found = kpi_overview(lively, *SPAN)
    assert (found.currency, found.other_currencies) == ("EUR", ["GBP"])
    assert (found.shop["orders"], found.shop["revenue"], found.shop["order_value"]) == (3, 30.0, 10.0)
    assert (found.shelves["seen"], found.shelves["clicks"], found.shelves["ctr"]) == (4, 2, 0.5)
    today = found.days.filter(found.days["orders"] > 0).row(0, named=True)
    assert (today["orders"], today["revenue"], today["seen"], today["clicks"]) == (3, 30.0, 4, 2)
    assert dict(found.placements.select("placement", "ctr").rows()) == {"home": 0.5, "cart": 0.5}


def test_one_placement_alone(lively: Database) -> None:
    before = (SPAN[0] - WEEK, SPAN[1] - WEEK)
    found = kpi_overview(lively, *SPAN, "cart", before)
    assert found.before is not None
    assert (found.shelves["clicks"], found.before.shelves["clicks"]) == (1, 0)
    assert found.shop["orders"] == 3


def test_in_words_beside_the_period_before(lively: Database) -> None:
    before = (SPAN[0] - WEEK, SPAN[1] - WEEK)
    said = " ".join(in_words(kpi_overview(lively, *SPAN, before=before), "then to now"))
    assert (
        "From then to now there were 3 orders, 50 % more than in the period before; they were worth 30.00 EUR, 5"
        in said
    )
    assert "50 % of the items seen on shelves were clicked (2 of 4), 100 % more than in the period before." in said
    assert "Money in GBP is left out." in said


def test_in_words_without_orders_and_without_anything_before(lively: Database) -> None:
    empty = (TODAY - 4 * WEEK, TODAY - 3 * WEEK)
    assert in_words(kpi_overview(lively, *empty), "x to y") == ["Nothing was ordered from x to y."]
    said = in_words(kpi_overview(lively, *SPAN, before=empty), "x")
    assert "nothing to compare with" in said[0]
