"""The routes of shelves: filters, order, pages, and given items in a shopper's order."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.storage.catalogue import items
from aisle.storage.shelves import impressions
from tests.small_shop import TEAS, TOOLS

MINE = "/api/recommendations?user_id=user-0"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def test_a_shelf_has_what_the_reference_says(client: TestClient) -> None:
    shelf = client.get(f"{MINE}&n=2").json()
    assert list(shelf) == [
        "recommendation_id",
        "placement",
        "model",
        "fallback",
        "took_ms",
        "because",
        "items",
        "variant",
        "holdout",
    ]
    fields = ["item_id", "name", "image_url", "url", "price", "currency", "score", "predicted_rating", "reason"]
    assert list(shelf["items"][0]) == [*fields, "fallback"]


def test_a_shelf_is_filtered_by_category_brand_and_price(client: TestClient) -> None:
    assert set(ids(client.get(f"{MINE}&category=Tools&n=5"))) <= set(TOOLS)
    assert ids(client.get(f"{MINE}&price_max=5")) == []
    assert ids(client.get(f"{MINE}&brand=Nobody")) == []
    assert len(ids(client.get(f"{MINE}&price_min=5&n=3"))) == 3


def test_filters_that_contradict_each_other_are_explained(client: TestClient) -> None:
    answer = client.get(f"{MINE}&price_min=5&price_max=1")
    assert (answer.status_code, "swap them" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e999", "ten"])
def test_a_price_is_a_number(client: TestClient, value: str) -> None:
    assert client.get(f"{MINE}&price_min={value}").status_code == 422


def test_named_items_are_left_out(client: TestClient) -> None:
    first = ids(client.get(f"{MINE}&n=3"))
    rest = ids(client.get(f"{MINE}&n=20" + "".join(f"&exclude_ids={item_id}" for item_id in first)))
    assert not set(first) & set(rest)


def test_pages_repeat_nothing_whatever_happens_between_them(client: TestClient) -> None:
    first = client.get(f"{MINE}&n=4&offset=0")
    number = first.json()["recommendation_id"]
    client.post("/api/feedback", json={"user_id": "user-0", "item_id": TOOLS[0], "rating": 5})
    pages = [client.get(f"{MINE}&n=4&offset={offset}&recommendation_id={number}") for offset in (4, 8, 12, 16, 20)]
    assert {page.json()["recommendation_id"] for page in pages} == {number}
    shown = [item_id for page in (first, *pages) for item_id in ids(page)]
    assert len(shown) == len(set(shown)) > 10


def test_pages_join_the_impression_of_their_shelf_and_its_positions_go_on(client: TestClient, live: Live) -> None:
    first = client.get(f"{MINE}&n=2&offset=0")
    number = first.json()["recommendation_id"]
    following = [client.get(f"{MINE}&n=3&offset={start}&recommendation_id={number}") for start in (5, 2, 2)]
    live.impressions.close()
    stored = impressions.get(live.db, number)
    assert stored is not None
    shown = [*ids(first), *ids(following[1]), *ids(following[0])]
    assert [(item.position, item.item_id) for item in stored.items] == list(enumerate(shown, 1))


def test_a_page_from_the_middle_has_the_positions_of_the_middle(client: TestClient, live: Live) -> None:
    shelf = client.get(f"{MINE}&n=2&offset=4").json()
    live.impressions.close()
    stored = impressions.get(live.db, shelf["recommendation_id"])
    assert stored is not None
    assert [item.position for item in stored.items] == [5, 6]


def test_the_pages_of_others_are_not_shown(client: TestClient) -> None:
    number = client.get(f"{MINE}&offset=0").json()["recommendation_id"]
    path = f"/api/recommendations?user_id=user-1&offset=4&recommendation_id={number}"
    assert client.get(path).status_code == 404
    assert client.get(f"{MINE}&offset=4&recommendation_id=nothing").status_code == 404


def test_a_shelf_is_ordered_by_price(client: TestClient, live: Live) -> None:
    row = items.get(live.db, ["tea-3"])["tea-3"]
    items.upsert(live.db, [tuple(row._replace(price=1_000_000))])
    assert ids(client.get(f"{MINE}&sort=price&n=20"))[0] == "tea-3"
    prices = [item["price"] for item in client.get(f"{MINE}&sort=-price&n=20").json()["items"]]
    known = [price for price in prices if price is not None]
    assert known == sorted(known, reverse=True)
    assert prices[: len(known)] == known


def test_a_posted_shelf_may_have_rules_of_its_own(client: TestClient) -> None:
    body = {"user_id": "user-0", "n": 5, "cart": ["tea-1"], "pins": ["tool-3"], "filters": {"brands": []}}
    assert ids(client.post("/api/recommendations", json=body))[0] == "tool-3"
    assert len(ids(client.post("/api/recommendations", json=body | {"boosts": {"category:Tools": 2}}))) == 5


@pytest.mark.parametrize(
    "more",
    [
        {"filters": {"colour": "red"}},
        {"filters": {"price_min": "x"}},
        {"boosts": {"moon:full": 2}},
        {"boosts": {"brand:A": -1}},
        {"pins": ["a", "a"]},
        {"n": 0},
        {"n": True},
        {"n": 1e99},
        {"colour": "red"},
        {"user_id": ["a"]},
    ],
)
def test_rules_that_do_not_exist_are_refused(client: TestClient, more: dict[str, object]) -> None:
    assert client.post("/api/recommendations", json={"user_id": "a"} | more).status_code == 422


@pytest.mark.parametrize("route", ["bought-together?item_id=tea-1", "trending", "bestsellers"])
def test_each_kind_of_shelf_has_its_route(client: TestClient, route: str) -> None:
    answer = client.get(f"/api/{route}")
    assert answer.json()["items"]
    assert answer.json()["placement"].endswith(route.partition("?")[0])


def test_the_bestsellers_of_a_category(client: TestClient) -> None:
    assert set(ids(client.get("/api/bestsellers?category=Tea&n=20"))) == set(TEAS)


def test_given_items_come_in_the_shoppers_order(client: TestClient) -> None:
    item_ids = ["nothing", *TOOLS[:3], *TEAS[:3]]
    answer = client.post("/api/rank", json={"user_id": "user-0", "item_ids": item_ids})
    assert set(ids(answer)[:3]) == set(TEAS[:3])
    assert answer.json()["items"][-1] == {"item_id": "nothing", "score": None}
    assert set(ids(client.post("/api/rank", json={"user_id": "nobody", "item_ids": item_ids}))) == set(item_ids)


@pytest.mark.parametrize("item_ids", [[], ["a", "a"], ["a\x00"], [1], "a", ["a"] * 501])
def test_what_cannot_be_ordered_is_refused(client: TestClient, item_ids: object) -> None:
    assert client.post("/api/rank", json={"user_id": "a", "item_ids": item_ids}).status_code == 422


def test_no_item_stands_twice_on_a_page(client: TestClient) -> None:
    placements = ["recommended-for-you", "bestsellers", "trending"]
    answer = client.post("/api/page", json={"user_id": "user-0", "placements": placements, "n": 4})
    assert answer.status_code == 200, answer.text
    shelves = answer.json()["shelves"]
    assert [shelf["placement"] for shelf in shelves] == placements
    shown = [item["item_id"] for shelf in shelves for item in shelf["items"]]
    assert len(shown) == len(set(shown)) == 12


def test_every_shelf_of_a_page_leaves_an_impression(client: TestClient, live: Live) -> None:
    body = {"session_id": "s", "placements": ["bestsellers", "trending"], "n": 2}
    shelves = client.post("/api/page", json=body).json()["shelves"]
    live.impressions.close()
    stored = [impressions.get(live.db, shelf["recommendation_id"]) for shelf in shelves]
    assert [row and (row.placement, len(row.items)) for row in stored] == [("bestsellers", 2), ("trending", 2)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"placements": []}, 422),
        ({"placements": ["trending"] * 2}, 422),
        ({"placements": ["nowhere"]}, 404),
        ({"placements": ["similar-items"]}, 422),
        ({"placements": ["trending"], "offset": 1}, 422),
    ],
)
def test_pages_that_cannot_be_filled_are_refused(client: TestClient, body: dict[str, object], status: int) -> None:
    assert client.post("/api/page", json={"user_id": "user-0", **body}).status_code == status


def test_a_place_says_what_fills_it(client: TestClient) -> None:
    items_of_cart = client.post("/api/recommendations", json={"user_id": "new", "placement": "cart"}).json()["items"]
    assert {item["fallback"] for item in items_of_cart} == {"popular"}
