"""The door: every route by every scope, as the table says; hosts, origins, keys, rates."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.serving import key_ring
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import KEY_SCOPES, Scope, may
from aisle.shop.tokens import sign_user
from aisle.storage.access import keys
from aisle.storage.tables import events
from aisle.web.access.credentials import USER_HEADER
from aisle.web.app import create_app
from aisle.web.routes import table
from tests.web.clients import client_of

ROUTES = [(method, path, scope) for path, methods in table().items() for method, scope in methods.items()]
FORMS = [("POST", "/login"), ("POST", "/logout")]
"""Open to everybody, with the token of their page: see test_login."""

BY_SCOPE = [route for route in ROUTES if route[:2] not in FORMS]
SHOP = "https://shop.example"
SHELF = "/api/recommendations?session_id=" + "s" * 22


@pytest.fixture
def given(folder: Path) -> Iterator[dict[Scope | None, str]]:
    """A key of each scope."""
    with Live(Settings.read(folder)) as live:
        yield {
            scope: keys.add(live.db, scope, origins=[SHOP] if scope is Scope.BROWSER else []) for scope in KEY_SCOPES
        }


@pytest.fixture
def locked(given: dict[Scope | None, str], folder: Path) -> Iterator[TestClient]:
    """A client of a shop that has keys."""
    with Live(Settings.read(folder)) as live:
        yield client_of(create_app(live))


def bearer(key: str | None, **headers: str) -> dict[str, str]:
    return headers | ({"authorization": f"Bearer {key}"} if key else {})


def test_every_route_of_the_application_is_declared(live: Live) -> None:
    served = set()
    for route in create_app(live).routes:
        if isinstance(route, Route):
            served |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
        elif isinstance(route, Mount):
            served.add(("GET", f"{route.path}/*"))
    assert served == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("shown", [None, *KEY_SCOPES])
@pytest.mark.parametrize(("method", "path", "needed"), BY_SCOPE)
def test_a_route_is_open_to_its_scope_and_to_no_other(
    locked: TestClient, given: dict[Scope | None, str], method: str, path: str, needed: Scope, shown: Scope | None
) -> None:
    allowed = may(shown) if shown else {Scope.OPEN}
    status = locked.request(method, path, headers=bearer(given.get(shown))).status_code
    assert (status not in (401, 403)) == (needed in allowed)
    assert status < 500


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_is_not_declared_is_refused(locked: TestClient, method: str) -> None:
    declared = table()["/api/similar"]
    assert (locked.request(method, "/api/similar").status_code == 405) == (method not in declared)


def test_a_route_that_is_not_declared_is_refused_although_it_exists(live: Live) -> None:
    app = create_app(live)
    app.add_route("/api/secret", lambda _: Response("secret"))
    assert client_of(app).get("/api/secret").status_code == 404


# --- Without keys -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "10.0.0.3", "LOCALHOST."])
def test_addresses_and_localhost_are_known_hosts(client: TestClient, host: str) -> None:
    assert client.get("/api/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost"])
def test_a_name_that_was_made_to_lead_here_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/?user_id=user-0", headers={"host": host}).status_code == 421


def test_a_name_of_the_settings_is_known(folder: Path) -> None:
    with Live(Settings.read(folder, serve={"hosts": ["api.shop.example"]})) as live:
        client = client_of(create_app(live))
        assert client.get("/api/health", headers={"host": "api.shop.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_without_keys_pages_of_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/users/merge", headers=headers, json={}).status_code == 403
    assert client.get(SHELF, headers=headers).status_code == 403


def test_a_link_to_the_page_may_be_followed_from_anywhere(client: TestClient) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    assert client.get(SHELF, headers=link).status_code == 403


@pytest.mark.parametrize(
    ("address", "headers"), [("10.0.0.9", {}), ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}), ("nowhere", {})]
)
def test_without_keys_other_machines_are_refused(live: Live, address: str, headers: dict[str, str]) -> None:
    assert client_of(create_app(live), address).get(SHELF, headers=headers).status_code == 401


# --- With keys --------------------------------------------------------------------------------------------------------


def test_once_there_are_keys_nobody_calls_without_one(locked: TestClient) -> None:
    answer = locked.get(SHELF)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("key", ["", "x", "pk_000000000000_" + "0" * 40])
def test_a_wrong_key_is_refused(locked: TestClient, key: str) -> None:
    assert locked.get(SHELF, headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_a_header_that_holds_no_key_is_refused(locked: TestClient) -> None:
    assert locked.get(SHELF, headers={"authorization": "Basic YTpi"}).status_code == 400


def test_two_keys_are_refused(locked: TestClient, given: dict[Scope | None, str]) -> None:
    twice = [("authorization", f"Bearer {given[Scope.SERVER]}"), ("authorization", f"Bearer {given[Scope.BROWSER]}")]
    assert locked.get(SHELF, headers=twice).status_code == 400
    body = f'{{"key": "{given[Scope.BROWSER]}", "events": []}}'
    headers = bearer(given[Scope.SERVER], **{"content-type": "text/plain"})
    assert locked.post("/api/events", content=body, headers=headers).status_code == 400


def test_a_revoked_key_is_refused_and_the_shop_stays_locked(
    locked: TestClient, given: dict[Scope | None, str], live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ring, "CHECK_SECONDS", 0.0)
    headers = bearer(given[Scope.BROWSER])
    assert locked.get(SHELF, headers=headers).status_code == 200
    for row in keys.list_(live.db):
        keys.revoke(live.db, row.key_id)
    assert locked.get(SHELF, headers=headers).status_code == 401
    assert locked.get(SHELF).status_code == 401


def test_a_page_of_the_keys_origins_may_call_and_read(locked: TestClient, given: dict[Scope | None, str]) -> None:
    answer = locked.get(SHELF, headers=bearer(given[Scope.BROWSER], origin=SHOP))
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SHOP)
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("scope", KEY_SCOPES)
def test_a_page_of_another_origin_may_not_use_a_key(
    locked: TestClient, given: dict[Scope | None, str], scope: Scope
) -> None:
    answer = locked.get(SHELF, headers=bearer(given[scope], origin="https://evil.example"))
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("origin", "status"), [(SHOP, 204), ("https://evil.example", 403)])
def test_a_browser_may_ask_first(locked: TestClient, origin: str, status: int) -> None:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    answer = locked.options("/api/events", headers=headers)
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (
        status, origin if status == 204 else None,
    )  # fmt: skip


def test_a_beacon_holds_its_key(locked: TestClient, given: dict[Scope | None, str]) -> None:
    event = {"event": "view_item", "session_id": "s" * 22, "item_id": "tea-1"}
    headers = {"content-type": "text/plain;charset=UTF-8", "origin": SHOP}
    for key, status in ((given[Scope.BROWSER], 200), ("pk_wrong", 401), (None, 401)):
        text = locked.post("/api/events", json={"key": key, "events": [event]}).request.content
        assert locked.post("/api/events", content=text, headers=headers).status_code == status
    assert locked.post("/api/events", content=b"{", headers=headers).status_code == 401


def test_an_address_that_calls_too_often_has_to_wait(given: dict[Scope | None, str], folder: Path) -> None:
    with Live(Settings.read(folder, serve={"calls_per_second": 0.001})) as live:
        client = client_of(create_app(live))
        page, server = bearer(given[Scope.BROWSER]), bearer(given[Scope.SERVER])
        assert client.get("/api/similar?item_id=x", headers=page).status_code == 200
        answer = client.get("/api/similar?item_id=x", headers=page)
        assert (answer.status_code, 900 < int(answer.headers["retry-after"]) <= 1000) == (429, True)
        assert client.get("/api/similar?item_id=x", headers=server).status_code == 200


# --- What a page may ask about ----------------------------------------------------------------------------------------


def test_a_page_sees_its_session_alone(locked: TestClient, given: dict[Scope | None, str]) -> None:
    headers = bearer(given[Scope.BROWSER])
    assert locked.get(SHELF, headers=headers).status_code == 200
    assert locked.get("/api/recommendations?user_id=user-0", headers=headers).status_code == 403
    short = locked.get("/api/recommendations?session_id=1", headers=headers)
    assert (short.status_code, "128 random bits" in short.json()["detail"]) == (422, True)


def test_a_page_stores_events_of_its_session_alone(locked: TestClient, given: dict[Scope | None, str]) -> None:
    event = {"event": "view_item", "item_id": "tea-1"}
    session = {"session_id": "s" * 22}
    batch = [event | session, event | session | {"user_id": "user-0"}, event, event | {"session_id": "1"}]
    received = locked.post("/api/events", json=batch, headers=bearer(given[Scope.BROWSER])).json()
    assert (received["stored"], received["rejected"]) == (1, 3)
    assert [error["index"] for error in received["errors"]] == [1, 2, 3]


def test_a_page_rates_for_nobody(locked: TestClient, given: dict[Scope | None, str]) -> None:
    rating = {"user_id": "user-0", "item_id": "tea-1", "rating": 5}
    assert locked.post("/api/feedback", json=rating, headers=bearer(given[Scope.BROWSER])).status_code == 403


# --- What a page counts for -------------------------------------------------------------------------------------------


def buy(number: int) -> dict[str, str]:
    return {"event": "purchase", "item_id": "tea-1", "session_id": f"{number:022}", "event_id": f"fake-{number}"}


def over_cap(live: Live) -> int:
    with live.db.read() as connection:
        return len(connection.execute(select(events.c.seq).where(events.c.over_cap == 1)).all())


def test_one_address_counts_a_few_times_however_many_sessions_it_makes_up(
    given: dict[Scope | None, str], folder: Path
) -> None:
    page, server = bearer(given[Scope.BROWSER]), bearer(given[Scope.SERVER])
    with Live(Settings.read(folder, serve={"votes_per_address": 4})) as live:
        client = client_of(create_app(live))
        assert client.post("/api/events", json=[buy(n) for n in range(5)], headers=page).json()["stored"] == 5
        call = {"method": "POST", "path": "/api/events", "body": buy(6)}
        assert client.post("/api/batch", json={"calls": [call]}, headers=page).json()["answers"][0]["status"] == 200
        beacon = client.post("/x", json={"key": given[Scope.BROWSER], "events": [buy(7)]}).request.content
        text = {"content-type": "text/plain"}
        assert client.post("/api/events", content=beacon, headers=text).json()["stored"] == 1
        assert over_cap(live) == 3
        client.post("/api/events", json=[buy(n) for n in range(10, 30)], headers=server)
        assert over_cap(live) == 3


def test_the_ratings_of_one_address_count_a_few_times(given: dict[Scope | None, str], folder: Path) -> None:
    serve = {"votes_per_address": 2, "sealing_key": SecretStr("k" * 32)}
    with Shop(Settings.read(folder, serve=serve)) as shop:
        secret = shop.create_secret()
    with Live(Settings.read(folder, serve=serve)) as live:
        client = client_of(create_app(live))
        for number in range(4):
            token = sign_user(f"fan-{number}", secret, live.settings.shop.name)
            headers = bearer(given[Scope.BROWSER], **{USER_HEADER: token})
            rating = {"user_id": f"fan-{number}", "item_id": "tea-1", "rating": 5}
            assert client.post("/api/feedback", json=rating, headers=headers).status_code == 201
        assert over_cap(live) == 2


def test_a_proxy_that_is_not_declared_is_told_of_once(
    locked: TestClient, given: dict[Scope | None, str], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        headers = bearer(given[Scope.BROWSER], **{"x-forwarded-for": f"192.0.2.{number}"})
        assert locked.get(SHELF, headers=headers).status_code == 200
    told = [record.getMessage() for record in caplog.records if "proxies" in record.getMessage()]
    assert len(told) == 1
    assert "192.0.2" not in told[0]
