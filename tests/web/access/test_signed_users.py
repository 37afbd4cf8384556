"""Signed users at the door."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import Scope
from aisle.shop.tokens import sign_user
from aisle.web.app import create_app
from aisle.web.routes import ENDPOINTS
from tests.web.clients import client_of

NAME = "Leaf & Hammer"
DAY = 24 * 3600


@pytest.fixture
def page(shop: Shop, secret: str) -> TestClient:
    """A client with a browser key."""
    client = client_of(create_app(shop))
    client.headers["authorization"] = f"Bearer {shop.create_key(Scope.BROWSER)}"
    shop.keys.refresh()
    return client


def signed(user_id: str, secret: str, seconds: int = 60) -> dict[str, str]:
    return {"x-aisle-user": sign_user(user_id, secret, NAME, seconds)}


def test_a_signed_user_gets_their_own_shelf_and_no_other(page: TestClient, secret: str) -> None:
    mine = signed("user-0", secret)
    assert page.get("/api/recommendations?n=3", headers=mine).json()["fallback"] is None
    assert page.get("/api/recommendations?user_id=user-0&n=3", headers=mine).status_code == 200
    assert page.get("/api/recommendations?user_id=user-1", headers=mine).status_code == 403


def test_a_signed_user_stores_their_own_events_and_ratings(page: TestClient, secret: str, shop: Shop) -> None:
    event = {"event": "view_item", "item_id": "tea-1"}
    events = [event, event | {"user_id": "anna"}, event | {"user_id": "bob"}]
    received = page.post("/api/events", json=events, headers=signed("anna", secret)).json()
    assert (received["stored"], [error["index"] for error in received["errors"]]) == (2, [2])
    rating = {"user_id": "anna", "item_id": "tea-2", "rating": 5}
    assert page.post("/api/feedback", json=rating, headers=signed("anna", secret)).status_code == 201
    assert len(shop.history("anna")) == 3
    assert shop.history("bob") == []


@pytest.mark.parametrize(("age", "status"), [(6 * DAY, 200), (8 * DAY, 401)])
def test_an_expired_token_writes_what_was_kept_for_a_week_and_never_reads(
    page: TestClient, secret: str, age: int, status: int
) -> None:
    expired = signed("anna", secret, -age)
    event = {"event": "view_item", "item_id": "tea-1"}
    assert page.post("/api/events", json=event, headers=expired).status_code == status
    assert page.get("/api/recommendations", headers=expired).status_code == 401


def test_a_beacon_may_hold_the_token(page: TestClient, secret: str, shop: Shop) -> None:
    token = sign_user("anna", secret, NAME)
    body = page.post("/api/events", json={"user_token": token, "events": [{"event": "search"}]}).request.content
    answer = page.post("/api/events", content=body, headers={"content-type": "text/plain"})
    assert answer.json()["stored"] == 1


def test_tokens_of_another_shop_or_of_a_revoked_secret_are_refused(page: TestClient, secret: str, shop: Shop) -> None:
    foreign = {"x-aisle-user": sign_user("anna", secret, "Another shop")}
    assert page.get("/api/recommendations", headers=foreign).status_code == 401
    shop.revoke_key(shop.signing_secrets()[0].secret_id)
    shop.keys.refresh()
    assert page.get("/api/recommendations", headers=signed("anna", secret)).status_code == 401


@pytest.mark.parametrize("path", sorted({each.path for each in ENDPOINTS if each.scope is Scope.BROWSER}))
def test_a_token_of_another_shop_opens_no_route(page: TestClient, secret: str, path: str) -> None:
    foreign = {"x-aisle-user": sign_user("anna", secret, "Another shop")}
    (method, *_) = (each.method for each in ENDPOINTS if each.path == path)
    answer = page.request(method, path, headers=foreign)
    assert (answer.status_code, "is for the shop 'Another shop'" in answer.json()["detail"]) == (401, True)


def test_two_tokens_are_refused(page: TestClient, secret: str) -> None:
    tokens = [("x-aisle-user", sign_user(user_id, secret, NAME)) for user_id in ("anna", "bob")]
    assert page.get("/api/recommendations", headers=tokens).status_code == 400


def test_a_token_goes_with_a_browser_key(page: TestClient, secret: str, shop: Shop) -> None:
    server = {"authorization": f"Bearer {shop.create_key(Scope.SERVER)}"}
    shop.keys.refresh()
    assert page.get("/api/recommendations", headers=signed("a", secret) | server).status_code == 400
    del page.headers["authorization"]
    assert page.get("/api/recommendations", headers=signed("a", secret)).status_code == 400


def test_without_the_sealing_key_no_token_is_accepted(
    page: TestClient, secret: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Shop(Settings.read(folder)) as without:
        assert without.keys.secrets == {}
    assert "AISLE_SERVE__SEALING_KEY" in caplog.text
