"""The search over HTTP."""

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.shop import Shop
from aisle.shop.access import Scope
from aisle.storage.catalogue import items
from aisle.web.app import create_app
from tests.small_shop import HOSTILE_ID, TEAS
from tests.storage.samples import row
from tests.web.clients import client_of

SESSION = "a-session-of-22-letters"


def ids(client: TestClient, **query: str | int) -> list[str]:
    answer = client.get("/api/items", params=query)
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()]


def test_a_search_finds_words_and_the_start_of_the_last(client: TestClient) -> None:
    assert ids(client, q="TEA 1") == ["tea-1"]
    assert set(ids(client, q="the te", n=50)) == set(TEAS)
    assert ids(client, q="mug cup script") == [HOSTILE_ID]


def test_what_fits_equally_well_comes_by_taste(client: TestClient) -> None:
    items_of = {user: ids(client, q="the", user_id=user, n=50) for user in ("user-0", "user-1")}
    assert set(items_of["user-0"][:8]) < set(TEAS)
    assert not set(items_of["user-1"][:8]) & set(TEAS)


def test_pages_repeat_nothing(client: TestClient) -> None:
    pages = [ids(client, q="the", n=7, offset=offset) for offset in (0, 7, 14, 21)]
    assert [len(page) for page in pages] == [7, 7, 5, 0]
    assert len({item_id for page in pages for item_id in page}) == 19


def test_hidden_items_and_those_to_come_are_not_found(client: TestClient, live: Live) -> None:
    hidden = [
        row("items", item_id="tea-1", hidden=True),
        row("items", item_id="new", title="The tea-1", available_from=2**53),
    ]
    items.upsert(live.db, hidden)
    assert ids(client, q="tea 1") == []


def test_a_search_is_filtered_as_shelves_are(client: TestClient) -> None:
    assert set(ids(client, q="the", category="Tools", n=50)) == {f"tool-{number}" for number in range(9)}
    assert ids(client, q="the", price_min=13) == []
    assert ids(client, q="the", brand="Acme") == []


def test_a_shop_without_a_model_is_searched_too(untrained_client: TestClient) -> None:
    assert ids(untrained_client, q="tea 1") == ["tea-1"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"q": "x" * 201}, "q "),
        ({"q": "tea", "item_id": "tea-1"}, "item_id and q"),
        ({"q": "tea", "category": "a\0b"}, "category holds a null character"),
        ({"q": "tea", "price_min": "dear"}, "price_min 'dear'"),
        ({"q": "tea", "user_id": ""}, "user_id ''"),
    ],
)
def test_what_cannot_be_searched_is_explained(client: TestClient, query: dict[str, str], words: str) -> None:
    answer = client.get("/api/items", params=query)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("q", ["", '"', "tea AND", "NEAR(", "😀", "%00", "the of a", "' OR 1=1 --", "x" * 200, "*"])
def test_no_search_fails(client: TestClient, q: str) -> None:
    assert client.get("/api/items", params={"q": q}).status_code == 200


def test_a_query_with_half_of_a_surrogate_pair_is_refused(client: TestClient) -> None:
    assert client.get("/api/items?q=%ED%A0%80").status_code == 422


def test_a_page_may_search_and_nothing_else(live: Live) -> None:
    with Shop.open(live.settings.folder) as shop:
        key = shop.create_key(Scope.BROWSER)
    live.keys.refresh()
    page = client_of(create_app(live))
    page.headers["authorization"] = f"Bearer {key}"
    (item,) = page.get("/api/items", params={"q": "tea 1", "session_id": SESSION}).json()
    assert (item["item_id"], item["stock"]) == ("tea-1", None)
    queries = ("", "item_id=tea-1", "q=tea&user_id=user-0")
    assert [page.get(f"/api/items?{query}").status_code for query in queries] == [422, 422, 403]
