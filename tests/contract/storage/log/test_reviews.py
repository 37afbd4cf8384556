import pytest

from aisle.shop.columns import REVIEWS
from aisle.storage.connection import Database
from aisle.storage.log import events, reviews
from aisle.storage.rows import Stored
from tests.storage.samples import START, event, row


def test_a_review_is_stored_once_and_comes_back_as_it_was(db: Database) -> None:
    full = row("reviews", review_id="r", user_id="u", item_id="i", rating=5.0, title="Good", text="", timestamp=START)
    assert reviews.store(db, [full, row("reviews", review_id="r2", item_id="i")]) == Stored(2, 0)
    assert reviews.store(db, [full]) == Stored(0, 1)
    (frame,) = reviews.stream(db, list(REVIEWS))
    assert frame.rows()[0] == full


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ({}, "second"),
        ({"timestamp": START + 15}, "first"),
        ({"timestamp": START + 5}, None),
        ({"timestamp": None}, None),
        ({"item_id": "j"}, None),
        ({"user_id": "U"}, None),
        ({"user_id": None}, None),
        ({"transaction_id": "own"}, "own"),
    ],
)
def test_a_review_gets_the_last_order_before_it(db: Database, values: dict[str, object], order: str | None) -> None:
    events.store(db, [event(10, transaction_id="first"), event(20, transaction_id="second")])
    events.store(db, [event(25), event(26, event="view_item", transaction_id="viewed")])
    events.store(db, [event(40, transaction_id="late")])
    usual = {"review_id": "r", "user_id": "u", "item_id": "i", "text": "Good", "timestamp": START + 30}
    reviews.store(db, [row("reviews", **usual | values)])
    assert reviews.link(db) == (order not in (None, "own"))
    assert reviews.link(db) == 0
    (frame,) = reviews.stream(db, ["transaction_id"])
    assert frame["transaction_id"].to_list() == [order]


def test_many_reviews_are_linked_a_few_at_a_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "_UNLINKED", reviews._UNLINKED.limit(2))
    events.store(db, [event(1, transaction_id="order")])
    many = [
        row("reviews", review_id=f"r{n}", user_id="u" if n % 2 else "v", item_id="i", timestamp=START + 2)
        for n in range(7)
    ]
    reviews.store(db, many)
    assert reviews.link(db) == 3
