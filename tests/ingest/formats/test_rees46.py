from pathlib import Path

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


def test_rees46_events_describe_their_items(tmp_path: Path) -> None:
    header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
    lines = ["2019-10-01 00:00:00 UTC,view,7,99,a.b,acme,1.5,u,s", "2019-10-01 00:00:01 UTC,cart,8,99,,,2,u,s"]
    outcome = ingest(write(tmp_path / "a.csv", header, *lines), Plan(format="rees46"))
    assert outcome.events.select("event", "session_id").rows() == [("view_item", "s"), ("add_to_cart", "s")]
    assert outcome.accepted["items"].select("item_id", "category", "brand", "price").rows() == [
        ("7", "a > b", "acme", 1_500_000),
        ("8", "99", None, 2_000_000),
    ]
