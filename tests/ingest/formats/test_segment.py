from pathlib import Path

import msgspec

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


def segment(event: str, kind: str = "track", **properties: object) -> str:
    """Return a Segment call."""
    call = {
        "type": kind,
        "event": event,
        "messageId": "m",
        "anonymousId": "anon",
        "timestamp": "2020-01-01T00:00:00.000Z",
    }
    return msgspec.json.encode(call | {"properties": properties}).decode()


def test_segment_calls_become_events(tmp_path: Path) -> None:
    products = [{"product_id": "a", "price": 1, "quantity": 2}, {"sku": "b", "name": "B"}]
    lines = [
        segment("Product Viewed", product_id="a", name="A", image_url="http://x/a.png"),
        segment("Order Completed", order_id="o", currency="USD", products=products),
        segment("Order Refunded", products=products[:1]),
        segment("Signed Up"),
        segment("Product Viewed", kind="page", product_id="a"),
    ]
    outcome = ingest(write(tmp_path / "a.jsonl", *lines), Plan(format="segment"))
    assert outcome.events.select("event", "event_id", "user_id", "item_id", "transaction_id").rows() == [
        ("view_item", "m", "anon", "a", None),
        ("purchase", "m", "anon", "a", "o"),
        ("purchase", "m:1", "anon", "b", "o"),
        ("refund", "m", "anon", "a", None),
    ]
    assert outcome.accepted["items"].select("item_id", "title", "price", "image_url").rows() == [
        ("a", "A", 1_000_000, "http://x/a.png"),
        ("b", "B", None, None),
    ]
