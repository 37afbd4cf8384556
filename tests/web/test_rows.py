"""What the shop's server and its administrators do over HTTP."""

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.storage.shoppers import people
from tests.small_shop import TEAS, TOOLS


def test_an_item_is_added_changed_and_returned(client: TestClient) -> None:
    new = {"item_id": "mug", "name": "Mug", "price": 7.5, "currency": "EUR", "url": "https://shop.example/mug"}
    assert client.post("/api/items", json=new).json()["stored"] == 1
    changes = [{"item_id": "mug", "stock": 3}, {"item_id": "tea-1", "in_stock": False}]
    assert client.post("/api/items", json=changes).json()["stored"] == 2
    (item,) = client.get("/api/items?item_id=mug").json()
    assert (item["title"], item["price"], item["stock"], item["url"]) == ("Mug", 7.5, 3, "https://shop.example/mug")
    shelf = client.get("/api/recommendations?user_id=user-0&n=20").json()
    assert "tea-1" not in {item["item_id"] for item in shelf["items"]}


def test_all_items_are_listed_page_by_page(client: TestClient) -> None:
    pages = [client.get("/api/items", params={"n": 8, "offset": offset}).json() for offset in (0, 8, 16, 24)]
    assert [len(page) for page in pages] == [8, 8, 4, 0]
    assert sorted(item["item_id"] for page in pages for item in page) == sorted([*TEAS, *TOOLS])
    assert {item["category"] for item in client.get("/api/items?category=Tea&n=50").json()} == {"Tea"}


def test_an_unknown_item_is_not_found(client: TestClient) -> None:
    assert client.get("/api/items?item_id=nothing").status_code == 404


def test_rows_that_cannot_be_used_are_explained(client: TestClient) -> None:
    rows = [{"item_id": "a", "price": "dear"}, {"item_id": "b", "colour": "red"}, {"name": "no id"}, {"item_id": "c"}]
    received = client.post("/api/items", json=rows).json()
    assert (received["received"], received["stored"], received["rejected"]) == (4, 1, 3)
    assert [error["index"] for error in received["errors"]] == [0, 1, 2]
    assert "'colour' is unknown" in received["errors"][1]["reason"]


@pytest.mark.parametrize("route", ["items", "users", "reviews"])
@pytest.mark.parametrize("body", [b"", b"7", b"{", b"{}", b"[1]", b"\xff", b"[" * 100_000, b'{"a": 1, "a": 2}'])
def test_what_is_no_row_is_refused(client: TestClient, route: str, body: bytes) -> None:
    answer = client.post(f"/api/{route}", content=body)
    assert answer.status_code == 422 or answer.json()["rejected"] == 1


def test_a_person_is_given_out_and_erased_with_a_receipt(client: TestClient) -> None:
    client.post("/api/users", json={"user_id": "anna", "attributes": {"city": "Rome"}})
    review = {"review_id": "r1", "user_id": "anna", "item_id": "tea-1", "rating": 5, "text": "Good"}
    assert client.post("/api/reviews", json=review).json()["stored"] == 1
    assert client.post("/api/reviews", json=review).json()["duplicate"] == 1
    held = client.get("/api/users?user_id=anna").json()
    assert (held["users"][0]["attributes"], held["reviews"][0]["text"]) == ({"city": "Rome"}, "Good")
    receipt = client.delete("/api/users?user_id=anna").json()
    assert (receipt["ids"], receipt["rows"]["reviews"], receipt["rows"]["users"]) == (["anna"], 1, 1)
    assert client.get("/api/users?user_id=anna").status_code == 404
    assert client.post("/api/users", json={"user_id": "anna"}).json()["rejected"] == 1


def test_a_review_without_an_id_is_stored_once_however_often_it_is_sent(client: TestClient) -> None:
    review = {"item_id": "tea-1", "user_id": "carl", "rating": 4, "text": "Fine"}
    assert client.post("/api/reviews", json=[review, review | {"text": "Good"}]).json()["stored"] == 2
    assert client.post("/api/reviews", json=review).json()["duplicate"] == 1


def test_erasing_is_for_good(client: TestClient, live: Live) -> None:
    people.erase(live.db, "anna")
    assert client.post("/api/reviews", json={"review_id": "r", "user_id": "anna", "text": "x"}).json()["stored"] == 0


def test_models_are_listed_promoted_and_rolled_back(client: TestClient) -> None:
    assert [(model["version"], model["status"]) for model in client.get("/api/models").json()] == [(1, "live")]
    assert client.post("/api/models/promote", json={"version": 1}).json() == {"version": 1}


def test_a_model_that_is_not_there_is_not_found(client: TestClient) -> None:
    promoted = client.post("/api/models/promote", json={"version": 9})
    assert (promoted.status_code, "no model 9" in promoted.json()["detail"]) == (404, True)
    back = client.post("/api/models/rollback", json={})
    assert (back.status_code, "no earlier model" in back.json()["detail"]) == (404, True)


def test_rejects_are_listed(client: TestClient) -> None:
    client.post("/api/events", json={"event": "dance"})
    rejects = client.get("/api/rejects?n=1").json()
    assert (rejects["total"], "dance" in rejects["rejects"][0]["reason"]) == (1, True)


def test_a_rating_that_is_sent_again_is_stored_once(client: TestClient, live: Live) -> None:
    rating = {"user_id": "anna", "item_id": "tea-1", "rating": 5, "event_id": "once"}
    assert [client.post("/api/feedback", json=rating).status_code for _ in range(2)] == [201, 201]
    assert len(live.history("anna")) == 1


def test_a_deleted_item_is_shown_nowhere_and_its_events_stay(client: TestClient, live: Live) -> None:
    events = len(live.history("user-0", 1000))
    answer = client.delete("/api/items", params={"item_id": ["tea-1", "nothing", "tea-1"]}).json()
    assert answer == {"deleted": ["tea-1"], "unknown": ["nothing"]}
    assert client.get("/api/items?item_id=tea-1").status_code == 404
    assert client.get("/api/items", params={"q": "tea 1"}).json() == []
    pinned = {"user_id": "user-0", "n": 20, "pins": ["tea-1"]}
    shelves = [client.post("/api/recommendations", json=pinned)]
    paths = (
        "/api/similar?item_id=tea-1",
        "/api/bestsellers?n=20",
        "/api/trending?n=20",
        "/api/recommendations?user_id=user-1",
    )
    shelves += [client.get(path) for path in paths]
    assert [shelf.status_code for shelf in shelves] == [200] * 5
    assert "tea-1" not in {item["item_id"] for shelf in shelves for item in shelf.json()["items"]}
    assert len(live.history("user-0", 1000)) == events


def test_a_deleted_item_comes_back_when_it_is_sent_again(client: TestClient) -> None:
    client.delete("/api/items?item_id=tea-1")
    client.post("/api/items", json={"item_id": "tea-1", "title": "Tea again"})
    assert client.get("/api/items?item_id=tea-1").json()[0]["title"] == "Tea again"


def test_what_to_delete_must_be_named(client: TestClient) -> None:
    assert client.delete("/api/items").status_code == 422
    assert "say which events" in client.delete("/api/events").json()["detail"]


def test_events_are_counted_and_then_deleted(client: TestClient, live: Live) -> None:
    which = {"user_id": "user-0", "event": ["purchase", "view"], "since": "2001-01-01", "until": "2100-01-01T00:00:00Z"}
    counted = client.delete("/api/events", params=which | {"dry_run": "true"}).json()
    assert (counted["events"], counted["users"], counted["kinds"], counted["dry_run"]) == (6, 1, {"purchase": 6}, True)
    assert len(live.history("user-0")) == 6
    deleted = client.delete("/api/events", params=which).json()
    assert deleted == counted | {"dry_run": False}
    assert live.history("user-0") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [("since=soon", "'soon' is no moment"), ("event=fly", "'fly' is no kind"), ("item_id=", "item_id")],
)
def test_events_that_cannot_be_told_are_not_deleted(client: TestClient, query: str, words: str) -> None:
    answer = client.delete(f"/api/events?{query}")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_rating_names_the_shelf_that_it_followed_from(client: TestClient, live: Live) -> None:
    shelf = client.get("/api/recommendations?user_id=anna").json()["recommendation_id"]
    rating = {"user_id": "anna", "item_id": "tea-1", "rating": 5, "recommendation_id": shelf}
    assert client.post("/api/feedback", json=rating).status_code == 201
    assert client.get("/api/users?user_id=anna").json()["events"][0]["recommendation_id"] == shelf


def test_an_erased_person_rates_nothing(client: TestClient, live: Live) -> None:
    people.erase(live.db, "anna")
    answer = client.post("/api/feedback", json={"user_id": "anna", "item_id": "tea-1", "rating": 5})
    assert answer.status_code == 422
    assert "erased" in answer.json()["detail"]
