"""A part of a log, by hand: which events, items and reviews are left."""

import polars as pl
import pytest

from aisle.insights.selection import Selection, select
from aisle.insights.shop_log import REVIEW_SCHEMA
from tests.insights.shops import buy, event, item, moment, shop

ITEMS = (
    item("mug", category="Kitchen > Mugs", brand="Acme"),
    item("jug", category="Kitchen>Jugs", brand="Bold"),
    item("rug", category="Kitchenware", brand="Acme"),
)
REVIEWS = pl.DataFrame(
    [
        {"user_id": "anna", "item_id": "mug", "rating": 5.0, "timestamp": moment("2024-03-02")},
        {"user_id": "ben", "item_id": "jug", "rating": 1.0, "timestamp": moment("2024-03-10")},
    ],
    schema=REVIEW_SCHEMA,
)
LOG = shop(
    buy("2024-03-01"),
    buy("2024-03-02", "ben", "jug"),
    buy("2024-03-09", "anna", "rug"),
    event("search", "2024-03-10", "cara", None),
    items=ITEMS,
    reviews=REVIEWS,
    places=pl.DataFrame({"item_id": ["mug", "rug"], "count": [3, 4]}),
)


@pytest.mark.parametrize(
    ("selection", "days", "reviews"),
    [
        (Selection(), ["01", "02", "09", "10"], ["anna", "ben"]),
        (Selection(last_days=2), ["09", "10"], ["ben"]),
        (Selection(since=moment("2024-03-02"), until=moment("2024-03-09")), ["02"], ["anna"]),
        (Selection(last_days=30, since=moment("2024-03-09")), ["09", "10"], ["ben"]),
        (Selection(category="Kitchen"), ["01", "02"], ["anna", "ben"]),
        (Selection(category="Kitchen > Mugs"), ["01"], ["anna"]),
        (Selection(category="Kitch"), [], []),
        (Selection(brand="Acme"), ["01", "09"], ["anna"]),
        (Selection(category="Kitchen", brand="Acme", last_days=2), [], []),
        (Selection(shoppers=pl.Series(["anna"])), ["01", "09"], ["anna"]),
        (Selection(shoppers=pl.Series([], dtype=pl.String)), [], []),
    ],
)
def test_what_is_selected(selection: Selection, days: list[str], reviews: list[str]) -> None:
    part = select(LOG, selection)
    at = part.all_events.select(pl.from_epoch("timestamp", "us").dt.strftime("%d")).collect().to_series()
    assert sorted(at) == days
    assert sorted(part.reviews["user_id"]) == reviews


def test_the_items_of_a_part_are_its_own() -> None:
    part = select(LOG, Selection(brand="Acme"))
    assert sorted(part.catalogue["item_id"]) == ["mug", "rug"]
    assert sorted(select(LOG, Selection(category="Kitchen")).places["item_id"]) == ["mug"]
    assert select(LOG, Selection(last_days=2)).catalogue.height == 3


def test_nothing_selected_is_the_log_itself() -> None:
    assert select(LOG, Selection()) is LOG
