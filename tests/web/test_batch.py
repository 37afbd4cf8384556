"""Several calls in one request."""

import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.shop.access import KEY_SCOPES, Scope, key_id
from aisle.storage.access import keys
from aisle.web.app import create_app
from tests.web.clients import client_of

HEALTH = {"path": "/api/health"}


def batch(client: TestClient, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.post("/api/batch", json={"calls": calls})
    assert answer.status_code == 200, answer.text
    answers: list[dict[str, Any]] = answer.json()["answers"]
    return answers


def test_each_call_is_answered_as_if_it_came_alone(client: TestClient) -> None:
    calls: list[dict[str, Any]] = [
        {"method": "POST", "path": "/api/items", "body": {"item_id": "mug", "title": "Mug é"}},
        {"path": "/api/items", "query": {"item_id": ["mug", "tea-1"]}},
        {"path": "/api/items", "query": {"item_id": "nothing"}},
        {"path": "/api/recommendations", "query": {"user_id": "user-0", "n": 3, "explain": True}},
        {"method": "POST", "path": "/api/nowhere"},
        {"method": "DELETE", "path": "/api/health"},
        {"method": "POST", "path": "/api/rank", "body": [1]},
    ]
    stored, found, missing, shelf, nowhere, wrong, bad = batch(client, *calls)
    assert (stored["status"], stored["body"]["stored"]) == (200, 1)
    assert [item["title"] for item in found["body"]] == ["Mug é", "The tea-1"]
    assert (missing["status"], missing["body"]) == (404, client.get("/api/items?item_id=nothing").json())
    assert len(shelf["body"]["items"]) == 3
    assert [answer["status"] for answer in (nowhere, wrong, bad)] == [404, 405, 422]


def test_each_call_needs_the_scope_of_its_route(live: Live) -> None:
    made = {scope: keys.add(live.db, scope) for scope in KEY_SCOPES}
    live.keys.refresh()
    page = client_of(create_app(live))
    page.headers["authorization"] = f"Bearer {made[Scope.BROWSER]}"
    calls = (HEALTH, {"path": "/api/items", "query": {"q": "tea"}}, {"path": "/api/users", "query": {"user_id": "a"}})
    assert [answer["status"] for answer in batch(page, *calls)] == [200, 200, 403]
    page.headers["authorization"] = f"Bearer {made[Scope.SERVER]}"
    assert [answer["status"] for answer in batch(page, *calls)] == [200, 200, 404]
    del page.headers["authorization"]
    assert page.post("/api/batch", json={"calls": [HEALTH]}).status_code == 401


def test_a_key_that_is_revoked_meanwhile_is_refused_from_there_on(live: Live) -> None:
    key = keys.add(live.db, Scope.SERVER)
    live.keys.refresh()
    client = client_of(create_app(live))
    client.headers["authorization"] = f"Bearer {key}"
    call = {"path": "/api/items", "query": {"q": "the", "n": 50}}

    def revoke() -> None:
        keys.revoke(live.db, str(key_id(key)))
        live.keys.refresh()

    timer = threading.Timer(0.05, revoke)
    timer.start()
    statuses = [answer["status"] for answer in batch(client, *[call] * 100)]
    timer.join()
    refused = statuses.index(401)
    assert statuses == [200] * refused + [401] * (100 - refused)
    assert refused > 0


@pytest.mark.parametrize(
    "calls",
    [
        [], [HEALTH] * 101, [{"path": "/api/batch"}], [{"path": "/"}], [{"path": "/apiary"}], [{"path": 7}], [{}],
        [HEALTH | {"method": "PATCH"}], [HEALTH | {"colour": 1}], [HEALTH | {"query": {"a": {}}}],
    ],
)  # fmt: skip
def test_what_is_no_batch_is_refused(client: TestClient, calls: Any) -> None:
    assert client.post("/api/batch", json={"calls": calls}).status_code == 422
