"""The JSON routes, over a real shop."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.shop import Shop
from aisle.storage.shoppers import people
from tests.small_shop import HOSTILE_ID, HOSTILE_NAME, TEAS, TOOLS


def test_a_known_shopper_gets_a_personal_shelf(client: TestClient) -> None:
    answer = client.get("/api/recommendations", params={"user_id": "user-0", "n": 5})
    assert answer.status_code == 200
    shelf = answer.json()
    assert shelf["fallback"] is None
    assert shelf["model"] == 1
    assert shelf["took_ms"] > 0
    assert shelf["recommendation_id"]
    assert len(shelf["items"]) == 5
    assert {item["item_id"] for item in shelf["items"]} <= set(TEAS)


def test_an_item_has_its_name_and_its_price_in_units(client: TestClient) -> None:
    item = client.get("/api/recommendations", params={"user_id": "user-0", "n": 1}).json()["items"][0]
    assert item["name"] == f"The {item['item_id']}"
    assert item["price"] == 12.5
    assert item["currency"] == "GBP"
    assert item["image_url"] is None


def test_an_unknown_shopper_gets_the_popular_shelf_with_the_fallback_named(client: TestClient) -> None:
    shelf = client.get("/api/recommendations?user_id=nobody").json()
    assert shelf["fallback"] == "popular"
    assert len(shelf["items"]) == 10


def test_purchased_items_are_excluded_on_request(client: TestClient, live: Live) -> None:
    bought = {line.item_id for line in live.history("user-0", 100)}
    query: dict[str, str | int] = {"user_id": "user-0", "n": 200, "exclude": "purchased"}
    shelf = client.get("/api/recommendations", params=query).json()["items"]
    assert len(shelf) == 20 - len(bought)
    assert bought.isdisjoint(item["item_id"] for item in shelf)


def test_similar_items_are_of_the_same_kind(client: TestClient) -> None:
    answer = client.get("/api/similar", params={"item_id": "tea-1", "n": 3}).json()
    assert {item["item_id"] for item in answer["items"]} <= set(TEAS) - {"tea-1"}


def test_an_id_may_hold_anything_but_control_characters(client: TestClient) -> None:
    answer = client.get("/api/similar", params={"item_id": HOSTILE_ID, "n": 200})
    assert answer.status_code == 200
    shelf = client.get("/api/recommendations", params={"user_id": "user-1", "n": 20}).json()["items"]
    hostile = next(item for item in shelf if item["item_id"] == HOSTILE_ID)
    assert hostile["name"] == HOSTILE_NAME
    assert hostile["price"] is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/recommendations", "user_id is missing"),
        ("/api/recommendations?user_id=", "user_id ''"),
        ("/api/recommendations?user_id=a%00b", "control character"),
        ("/api/recommendations?user_id=" + "a" * 257, "257 bytes"),
        ("/api/recommendations?user_id=a&n=0", "n '0'"),
        ("/api/recommendations?user_id=a&n=201", "n '201': expected `int` <= 200"),
        ("/api/recommendations?user_id=a&n=ten", "n 'ten'"),
        ("/api/recommendations?user_id=a&n=" + "9" * 5000, "out of range"),
        ("/api/recommendations?user_id=a&n=%C2%B2", "n '²'"),
        ("/api/recommendations?user_id=a&exclude=liked", "exclude 'liked': invalid enum value"),
        ("/api/recommendations?session_id=", "session_id ''"),
        ("/api/recommendations?user_id=a&placement=similar-items", "add item_id"),
        ("/api/recommendations?user_id=a&item_id=", "item_id ''"),
        ("/api/recommendations?user_id=a&cart=b&cart=", "cart ''"),
        ("/api/recommendations?user_id=a" + "&cart=b" * 101, "length <= 100"),
        ("/api/similar", "parameter is missing: `item_id`"),
        ("/api/similar?item_id=a&item_id=b", "'item_id' is given twice"),
        ("/api/similar?item_id=%FF", "not UTF-8"),
        ("/api/recommendations?user_id=a&colour=red", "parameter 'colour' is unknown"),
        ("/api/similar?item_id=tea-1&n=-1", "n '-1'"),
    ],
)
def test_a_bad_query_is_explained(client: TestClient, path: str, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_visitor_without_a_user_id_is_answered_by_session(client: TestClient) -> None:
    event = {"event": "view_item", "session_id": "visit", "item_id": "tool-1"}
    assert client.post("/api/events", json=event).json()["stored"] == 1
    shelf = client.get("/api/recommendations?session_id=visit&n=5").json()
    assert shelf["fallback"] is None
    assert {item["item_id"] for item in shelf["items"]} <= set(TOOLS)


def test_a_cart_may_hold_any_id(client: TestClient) -> None:
    query = [("user_id", "user-1"), ("placement", "cart"), ("cart", HOSTILE_ID), ("cart", "tool-1"), ("cart", "a,b")]
    shelf = client.get("/api/recommendations", params=urlencode(query)).json()
    assert shelf["placement"] == "cart"
    assert not {HOSTILE_ID, "tool-1", "a,b"} & {item["item_id"] for item in shelf["items"]}


def test_a_shelf_about_an_item_names_it(client: TestClient) -> None:
    client.post("/api/events", json={"event": "view_item", "user_id": "new", "item_id": "tea-1"})
    shelf = client.get("/api/recommendations?user_id=new&placement=because-you-viewed").json()
    assert shelf["because"] == {"item_id": "tea-1", "name": "The tea-1"}


def test_an_unknown_placement_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/recommendations?user_id=a&placement=attic")
    assert answer.status_code == 404
    assert "attic" in answer.json()["detail"]


def test_an_unknown_item_has_the_same_shelf_beside_it_on_every_route(client: TestClient) -> None:
    similar = client.get("/api/similar?item_id=nothing").json()
    shelf = client.get("/api/recommendations?session_id=s&placement=similar-items&item_id=nothing").json()
    assert (similar["fallback"], len(similar["items"])) == ("popular_instead", 10)
    assert [item["item_id"] for item in similar["items"]] == [item["item_id"] for item in shelf["items"]]


def test_the_rating_of_an_erased_person_is_refused(client: TestClient, folder: Path) -> None:
    with Shop.open(folder) as shop:
        shop.erase_user("user-3")
    answer = client.post("/api/feedback", json={"user_id": "user-3", "product_id": "tea-1", "rating": 5})
    assert answer.status_code == 422
    assert "erased" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/recommendations?user_id=user-0", "/api/similar?item_id=tea-1"])
def test_before_training_the_answer_says_what_to_do(untrained_client: TestClient, path: str) -> None:
    answer = untrained_client.get(path)
    assert answer.status_code == 503
    assert "aisle train" in answer.json()["detail"]


def test_a_rating_moves_the_very_next_shelf(client: TestClient) -> None:
    for item_id in TOOLS[:3]:
        answer = client.post("/api/feedback", json={"user_id": "new", "product_id": item_id, "rating": 5})
        assert answer.status_code == 201
        assert answer.json() == {"user_id": "new", "item_id": item_id, "rating": 5.0}
    shelf = client.get("/api/recommendations?user_id=new&n=5").json()
    assert shelf["fallback"] is None
    assert {item["item_id"] for item in shelf["items"]} <= set(TOOLS)


def test_feedback_off_the_shops_scale_is_refused(client: TestClient) -> None:
    answer = client.post("/api/feedback", json={"user_id": "user-3", "item_id": "tea-1", "rating": 6})
    assert (answer.status_code, "between 1 and 5" in answer.json()["detail"]) == (422, True)


def test_feedback_takes_numbers_as_ids(client: TestClient) -> None:
    answer = client.post("/api/feedback", json={"user_id": 12748, "item_id": "tea-1", "rating": 4.5})
    assert answer.json() == {"user_id": "12748", "item_id": "tea-1", "rating": 4.5}


def test_feedback_takes_both_names_of_the_item_if_they_agree(client: TestClient) -> None:
    body = {"user_id": "a", "item_id": "7", "product_id": 7, "rating": 1}
    assert client.post("/api/feedback", json=body).json()["item_id"] == "7"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"user_id": "a", "rating": 3}', "item_id is missing"),
        ('{"user_id": "a", "item_id": "x", "product_id": "y", "rating": 3}', "differ"),
        ('{"item_id": "x", "rating": 3}', "user_id"),
        ('{"user_id": "a", "item_id": "x"}', "rating"),
        ('{"user_id": "a", "item_id": "x", "rating": -1}', "$.rating"),
        ('{"user_id": "a", "item_id": "x", "rating": 101}', "$.rating"),
        ('{"user_id": "a", "item_id": "x", "rating": "good"}', "$.rating"),
        ('{"user_id": "a", "item_id": "x", "rating": null}', "$.rating"),
        ('{"user_id": "", "item_id": "x", "rating": 3}', "user_id ''"),
        ('{"user_id": "a", "item_id": "x\\u0007", "rating": 3}', "control character"),
        ("[]", "body"),
    ],
)
def test_unusable_feedback_is_refused(client: TestClient, live: Live, body: str, words: str) -> None:
    answer = client.post("/api/feedback", content=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert live.history("a", 10) == []


@pytest.mark.parametrize("path", ["/api/feedback", "/api/events"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"user_id": NaN'])
def test_a_body_that_is_not_json_is_refused(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body)
    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


def test_an_event_that_is_not_quite_json_is_rejected_alone(client: TestClient) -> None:
    answer = client.post("/api/events", content=b'[{"event": "search", "user_id": NaN}, {"event": "search"}]')
    assert answer.status_code == 200
    assert [error["index"] for error in answer.json()["errors"]] == [0]


def test_events_are_stored_and_each_is_answered_in_order(client: TestClient, live: Live) -> None:
    body = [
        {"event_id": "e1", "event": "view", "user_id": "new", "product_id": "tea-1"},
        {"event_id": "e2", "event": "dance", "user_id": "new", "item_id": "tea-1"},
        {"event_id": "e3", "event": "purchase", "user_id": "new", "item_id": HOSTILE_ID, "price": 3.5},
    ]
    answer = client.post("/api/events", json={"events": body})
    assert answer.status_code == 200
    received = answer.json()
    assert (received["stored"], received["duplicate"], received["rejected"]) == (2, 0, 1)
    assert [error["index"] for error in received["errors"]] == [1]
    assert "dance" in received["errors"][0]["reason"]
    assert {line.item_id for line in live.history("new", 10)} == {"tea-1", HOSTILE_ID}


def test_a_delivery_that_is_repeated_is_stored_once(client: TestClient, live: Live) -> None:
    event = {"event_id": "e1", "event": "view_item", "user_id": "new", "item_id": "tea-1"}
    assert client.post("/api/events", json=event).json()["stored"] == 1
    again = client.post("/api/events", json=[event]).json()
    assert (again["stored"], again["duplicate"]) == (0, 1)
    assert len(live.history("new", 10)) == 1


def test_each_event_of_a_batch_is_counted(client: TestClient) -> None:
    event = {"event": "view_item", "user_id": "new", "item_id": "tea-1"}
    client.post("/api/events", json=event | {"event_id": "e1"})
    batch = [event | {"event_id": event_id} for event_id in ("e2", "e1", "e2")] + [{"event": "dance"}, event]
    received = client.post("/api/events", json=batch).json()
    assert [error["index"] for error in received["errors"]] == [3]
    assert (received["stored"], received["duplicate"], received["rejected"]) == (2, 2, 1)


def test_a_body_past_its_limit_is_given_up(client: TestClient, live: Live) -> None:
    event = {"event": "view_item", "user_id": "new", "item_id": "tea-1", "properties": {"x": "y" * 1000}}
    answer = client.post("/api/events", content=json.dumps([event] * 2000))
    assert answer.status_code == 413
    assert "2,097,152 bytes" in answer.json()["detail"]
    assert live.history("new", 10) == []


def test_health_names_the_model(client: TestClient, untrained_client: TestClient) -> None:
    assert client.get("/api/health").json()["model_version"] == 1
    before = untrained_client.get("/api/health")
    assert before.status_code == 200
    assert before.json()["model_version"] is None


def test_items_have_reasons_on_request(client: TestClient) -> None:
    path = "/api/recommendations?user_id=nobody"
    assert {item["reason"] for item in client.get(path).json()["items"]} == {None}
    explained = client.get(f"{path}&explain=1").json()["items"]
    assert {item["reason"] for item in explained} <= {"popular in Tea", "popular in Tools"}
    answer = client.get(f"{path}&explain=please")
    assert (answer.status_code, answer.json()["detail"]) == (422, "explain 'please': expected `bool`, got `str`")


def test_what_a_visitor_did_becomes_theirs_once_they_sign_in(client: TestClient, live: Live) -> None:
    seen = {"event": "view_item", "user_id": "cookie", "item_id": "tea-1"}
    client.post("/api/events", json=[seen, seen])
    answer = client.post("/api/users/merge", json={"anonymous_id": "cookie", "user_id": "new"})
    assert answer.status_code == 200
    merged = answer.json()
    assert (merged["anonymous_id"], merged["user_id"], merged["rows"]["events"]) == ("cookie", "new", 2)
    assert [line.item_id for line in live.history("new", 10)] == ["tea-1"] * 2
    assert live.history("cookie", 10) == live.history("new", 10)


def test_what_comes_late_under_the_old_id_is_theirs_too(client: TestClient, live: Live) -> None:
    ids = {"anonymous_id": 81, "user_id": 12}
    for count in (1, 0):
        client.post("/api/events", json={"event": "view_item", "user_id": "81", "item_id": "tea-1"})
        assert client.post("/api/users/merge", json=ids).json()["rows"]["events"] == count
    client.post("/api/feedback", json={"user_id": "81", "item_id": "tea-1", "rating": 5})
    assert len(live.history("12", 10)) == 3


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        ({"anonymous_id": "new", "user_id": "new"}, 422, "cannot be merged into itself"),
        ({"anonymous_id": "new"}, 422, "user_id"),
        ({"anonymous_id": "a\x00", "user_id": "new"}, 422, "anonymous_id"),
        ({"anonymous_id": "new", "user_id": ""}, 422, "user_id"),
    ],
)
def test_ids_that_cannot_be_merged_are_refused(
    client: TestClient, body: dict[str, str], status: int, complaint: str
) -> None:
    answer = client.post("/api/users/merge", json=body)
    assert (answer.status_code, complaint in answer.json()["detail"]) == (status, True)


def test_a_merge_is_undone_with_what_came_late(client: TestClient, live: Live) -> None:
    ids = {"anonymous_id": "laptop", "user_id": "anna"}
    seen = [{"event": "view_item", "user_id": user_id, "item_id": "tea-1"} for user_id in ids.values()]
    client.post("/api/events", json=seen)
    client.post("/api/users/merge", json=ids)
    client.post("/api/events", json=seen)
    answer = client.delete("/api/users/merge", params=ids)
    assert answer.status_code == 200
    assert (answer.json()["ids"], answer.json()["rows"]["events"]) == (["laptop"], 2)
    assert [len(live.history(user_id, 10)) for user_id in ids.values()] == [2, 2]
    again = client.delete("/api/users/merge", params=ids)
    assert (again.status_code, "nothing to undo" in again.json()["detail"]) == (404, True)
    missing = client.delete("/api/users/merge", params={"anonymous_id": "laptop"})
    assert (missing.status_code, "user_id" in missing.json()["detail"]) == (422, True)


def test_a_merge_with_an_erased_person_is_not_undone(client: TestClient, live: Live) -> None:
    ids = {"anonymous_id": "tablet", "user_id": "otto"}
    client.post("/api/users/merge", json=ids)
    people.erase(live.db, "otto")
    answer = client.delete("/api/users/merge", params=ids)
    assert (answer.status_code, "was erased" in answer.json()["detail"]) == (422, True)


def test_nobody_is_merged_with_an_erased_person(client: TestClient, live: Live) -> None:
    people.erase(live.db, "gone")
    answer = client.post("/api/users/merge", json={"anonymous_id": "cookie", "user_id": "gone"})
    assert (answer.status_code, "was erased" in answer.json()["detail"]) == (422, True)
