"""What is told of items and by whom, on every database: prices and stock over time, and reviews with their orders."""

import pytest

from aisle.shop.columns import ITEM_HISTORY
from aisle.shop.moments import now
from aisle.storage import events, items, reviews
from aisle.storage.connection import Database
from aisle.storage.items import ItemMoment
from tests.storage import samples


def item(**values: object) -> tuple[object, ...]:
    return samples.row("items", item_id="i", **values)


def test_the_fields_of_a_moment_are_the_columns_of_the_table() -> None:
    assert ItemMoment._fields == tuple(ITEM_HISTORY)


def test_new_prices_and_stocks_are_remembered_and_nothing_else(db: Database) -> None:
    before = now()
    items.upsert(db, [item(title="Mug")])
    items.upsert(db, [item(price=5, currency="GBP")])
    items.upsert(db, [item(price=5), item(title="Cup", price=5)])
    items.upsert(db, [item(price=6, stock=3), item(in_stock=False)])
    found = items.history(db, "i")
    assert [one[2:] for one in found] == [
        (5, "GBP", None, None),
        (6, "GBP", 3, None),
        (6, "GBP", 3, False),
    ]
    assert before <= found[0].timestamp <= found[-1].timestamp <= now()
    assert items.history(db, "I") == []


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ({}, "second"),
        ({"timestamp": samples.START + 15}, "first"),
        ({"timestamp": samples.START + 5}, None),
        ({"timestamp": None}, None),
        ({"item_id": "j"}, None),
        ({"user_id": "U"}, None),
        ({"user_id": None}, None),
        ({"transaction_id": "own"}, "own"),
    ],
)
def test_a_review_gets_the_last_order_before_it(db: Database, values: dict[str, object], order: str | None) -> None:
    events.store(db, [samples.event(10, transaction_id="first"), samples.event(20, transaction_id="second")])
    events.store(db, [samples.event(25), samples.event(26, event="view_item", transaction_id="viewed")])
    events.store(db, [samples.event(40, transaction_id="late")])
    usual = {"review_id": "r", "user_id": "u", "item_id": "i", "text": "Good", "timestamp": samples.START + 30}
    reviews.store(db, [samples.row("reviews", **usual | values)])
    assert reviews.link(db) == (order not in (None, "own"))
    assert reviews.link(db) == 0
    (frame,) = reviews.stream(db, ["transaction_id"])
    assert frame["transaction_id"].to_list() == [order]


def test_many_reviews_are_linked_a_few_at_a_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "_UNLINKED", reviews._UNLINKED.limit(2))
    events.store(db, [samples.event(1, transaction_id="order")])
    many = [
        samples.row(
            "reviews", review_id=f"r{n}", user_id="u" if n % 2 else "v", item_id="i", timestamp=samples.START + 2
        )
        for n in range(7)
    ]
    reviews.store(db, many)
    assert reviews.link(db) == 3
