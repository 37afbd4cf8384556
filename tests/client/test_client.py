"""Both clients against a server: every route, many rows, batches, and what is refused."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from aisle.app.serve import Live
from aisle.client import ApiError, Client, calls, new_event_id
from aisle.client.answers import Received
from aisle.shop.errors import InputError
from aisle.shop.moments import from_moment
from tests.small_shop import TEAS, TOOLS


def view(item_id: str = "tea-1", **more: Any) -> dict[str, Any]:
    return {"event": "view_item", "user_id": "walker", "item_id": item_id, **more}


def test_shelves(aisle_api: Any) -> None:
    shelf = aisle_api.recommendations(user_id="user-0", n=3, category=["Tea"], explain=True)
    assert {item.item_id for item in shelf.items} <= set(TEAS)
    assert len(shelf.items) == 3
    page = aisle_api.page(placements=["trending", "bestsellers"], session_id="visit-1", n=4)
    assert [shelf.placement for shelf in page.shelves] == ["trending", "bestsellers"]
    assert "tea-1" not in {item.item_id for item in aisle_api.similar("tea-1").items}
    assert aisle_api.bought_together("tea-1", n=2).placement == "frequently-bought-together"
    assert {item.item_id for item in aisle_api.trending(category=["Tools"]).items} <= set(TOOLS)
    assert len(aisle_api.bestsellers(n=2).items) == 2
    ranked = aisle_api.rank(["tool-1", "tea-2"], user_id="user-0")
    assert {item.item_id for item in ranked.items} == {"tool-1", "tea-2"}


def test_the_rules_of_one_shelf(aisle_api: Any) -> None:
    shelf = aisle_api.recommendations(user_id="user-0", n=3, pins=["tool-3"], filters={"categories": ["Tools"]})
    assert shelf.items[0].item_id == "tool-3"


def test_events_are_stored_once(aisle_api: Any, shop: Live) -> None:
    named = view(event_id=new_event_id())
    assert aisle_api.send_events(named).stored == 1
    assert aisle_api.send_events([named, view("tea-2")]) == Received(2, 1, 1, 0, [])
    assert aisle_api.send_events([]).received == 0


def test_what_one_body_cannot_hold_goes_in_several_calls(aisle_api: Any) -> None:
    rows = [view(event_id=f"many-{number}") for number in range(1001)] + [view("tea-1", event="fly")]
    first, second = (aisle_api.send_events(rows) for _ in range(2))
    assert (first.received, first.stored + first.duplicate, first.rejected) == (1002, 1001, 1)
    assert (second.duplicate, second.errors[0].index) == (1001, 1001)


def test_rows_are_cut_by_their_size_too() -> None:
    large = [{"item_id": f"i{number}", "description": "x" * 30_000} for number in range(150)]
    assert [len(call.body) for call in calls.put_items(large)] == [69, 69, 12]


def test_the_catalogue(aisle_api: Any) -> None:
    rows = ({"item_id": f"cup-{number}", "title": f"Porcelain {number}", "price": 7.5} for number in range(3))
    assert aisle_api.put_items(rows).stored == 3
    (item,) = aisle_api.items(item_id=["cup-1"])
    assert (item.title, item.price) == ("Porcelain 1", 7.5)
    assert len(aisle_api.items(q="porcelain")) == 3
    deleted = aisle_api.delete_items(["cup-0", "cup-1", "cup-2", "nothing"])
    assert (deleted.deleted, deleted.unknown) == (["cup-0", "cup-1", "cup-2"], ["nothing"])
    with pytest.raises(InputError, match="item_id names no item"):
        aisle_api.items(item_id=[])


def test_people(aisle_api: Any) -> None:
    ann, visitor = new_event_id(), new_event_id()
    aisle_api.put_users({"user_id": ann, "attributes": {"city": "Rome"}})
    aisle_api.add_reviews({"review_id": new_event_id(), "user_id": ann, "item_id": "tea-1", "rating": 4})
    assert aisle_api.rate(ann, "tea-3", 5).rating == 5.0
    aisle_api.send_events(view(user_id=visitor))
    assert aisle_api.merge_users(visitor, ann).rows["events"] == 1
    assert aisle_api.unmerge_users(visitor, ann).rows["events"] == 1
    assert set(aisle_api.export_user(ann)) >= {"events", "reviews", "users"}
    assert aisle_api.erase_user(ann).ids[0] == ann
    with pytest.raises(ApiError, match="Not Found") as refused:
        aisle_api.export_user(ann)
    assert (refused.value.status, refused.value.title) == (404, "Not Found")
    assert ann in refused.value.detail


def test_operations(aisle_api: Any) -> None:
    (model,) = aisle_api.models()
    assert aisle_api.promote(model.version).version == 1
    with pytest.raises(ApiError, match="no earlier model"):
        aisle_api.rollback()
    aisle_api.send_events({"event": "juggle"})
    assert "juggle" in aisle_api.rejects(1).rejects[0].reason
    assert aisle_api.delete_events(until="2001-01-01", dry_run=True).dry_run
    assert aisle_api.health().model_version == 1


def test_a_batch_gives_answers_and_errors_in_their_places(aisle_api: Any) -> None:
    found, missing, stored = aisle_api.batch(
        [calls.items(item_id=["tea-1"]), calls.export_user("nobody"), *calls.send_events(view())]
    )
    assert found[0].item_id == "tea-1"
    assert (type(missing), missing.status) == (ApiError, 404)
    assert stored.stored == 1


def test_a_key_is_shown_and_a_wrong_one_refused(connect: Any, url: str) -> None:
    with pytest.raises(ApiError, match="aisle keys list shows those that are") as refused:
        connect(url, "sk_wrong").similar("tea-1")
    assert refused.value.status == 401


def test_what_answers_no_json_is_told(connect: Any, url: str) -> None:
    with pytest.raises(ApiError, match="check the URL"):
        connect(f"{url}/docs?").health()


def test_an_address_needs_its_scheme() -> None:
    with pytest.raises(InputError, match="write it as https://"):
        Client("localhost:8000")


def test_a_sent_event_has_its_fields(aisle_api: Any, shop: Live) -> None:
    user_id = new_event_id()
    aisle_api.send_events(view("tea-7", user_id=user_id, rating=None, timestamp=datetime(2026, 1, 2, tzinfo=UTC)))
    (line,) = shop.history(user_id)
    assert (line.item_id, line.event, from_moment(line.timestamp).year) == ("tea-7", "view_item", 2026)


def test_without_its_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['httpx2'] = None; import aisle.client"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = ended.stderr.strip().splitlines()[-1]
    assert last == "ModuleNotFoundError: aisle.client needs httpx2: pip install 'aisle[client]'"
    assert ended.stderr.count("Traceback") == 1
