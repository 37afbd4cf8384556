"""Logging in and out: who gets in, for how long, and what strangers and other sites can do about it."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.serving import key_ring
from aisle.app.settings import Settings
from aisle.shop import moments
from aisle.shop.access import PEOPLE, Role, Scope
from aisle.shop.passwords import Cost, hash_password
from aisle.storage.access import keys, login_attempts, team, team_sessions
from aisle.storage.log import events
from aisle.web.access import cookies
from aisle.web.access.login_page import AT_ONCE, WAITING, LoginPage
from aisle.web.app import create_app
from aisle.web.routes import table
from aisle.web.templating import templates
from tests.web.clients import client_of, form_token, send_form

PASSWORD = "correct horse battery"
BROWSER = {"accept": "text/html"}
RIGHT = {"name": "anna", "password": PASSWORD}
TEAM_PAGES = [path for path, methods in table().items() if methods.get("GET") is Scope.TEAM]


@pytest.fixture
def shop(folder: Path) -> Iterator[Live]:
    """A shop with one person."""
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "anna", Role.VIEWER, hash_password(PASSWORD, Cost(2, 1, 1)))
        yield live


@pytest.fixture
def locked(shop: Live, folder: Path) -> Iterator[TestClient]:
    """A browser on another machine, which speaks https with the shop."""
    with Live(Settings.read(folder)) as live:
        client = client_of(create_app(live), "192.0.2.7")
        client.base_url = "https://127.0.0.1:8000"
        yield client


@pytest.fixture
def anna(locked: TestClient) -> TestClient:
    """Anna's browser."""
    assert send_form(locked, "/login", RIGHT).headers["location"] == "/"
    return locked


def test_a_page_leads_to_the_login_and_back(locked: TestClient) -> None:
    answer = locked.get("/category?category=Tea&sort=price", headers=BROWSER)
    assert answer.status_code == 303
    page = locked.get(answer.headers["location"])
    assert 'name="next" value="/category?category=Tea&amp;sort=price"' in page.text
    logged_in = send_form(locked, "/login", RIGHT | {"next": "/category?category=Tea&sort=price"})
    assert (logged_in.status_code, logged_in.headers["location"]) == (303, "/category?category=Tea&sort=price")
    assert "The tea-1" in locked.get(logged_in.headers["location"]).text


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_nobody_sees_a_page_without_a_login(locked: TestClient, path: str) -> None:
    assert locked.get(path).status_code == 401
    assert locked.get(path, headers=BROWSER).status_code == 303
    part = locked.get(path, headers={"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login")


def test_a_refusal_shows_a_stranger_nothing_of_the_shop(locked: TestClient) -> None:
    locked.cookies.set("__Host-aisle-shopper", "dXNlci0w")  # user-0
    page = locked.get("/nothing", headers=BROWSER)
    assert page.status_code == 404
    assert not re.search("user-|Tea|Tools|class=.count", page.text)


def test_the_session_is_in_a_cookie_that_only_this_host_and_no_script_gets(locked: TestClient) -> None:
    set_cookies = send_form(locked, "/login", RIGHT).headers.get_list("set-cookie")
    (session,) = [cookie for cookie in set_cookies if cookie.startswith("__Host-aisle-session=")]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    assert "Domain" not in session


def test_on_ones_own_machine_the_cookie_is_plain(locked: TestClient) -> None:
    locked.base_url = "http://127.0.0.1:8000"
    assert send_form(locked, "/login", RIGHT).status_code == 303
    assert len(locked.cookies[cookies.SESSION]) == 43
    assert locked.get("/").status_code == 200


@pytest.mark.parametrize("host", ["10.0.0.3:8000", "0.0.0.0:8000"])
def test_nobody_logs_in_where_others_can_read_it(locked: TestClient, host: str) -> None:
    locked.base_url = f"http://{host}"
    answer = send_form(locked, "/login", RIGHT)
    assert (answer.status_code, "https:// only" in answer.text, "set-cookie" in answer.headers) == (403, True, False)


@pytest.mark.parametrize("form", [RIGHT | {"password": "wrong"}, RIGHT | {"name": "bob"}, {"name": "\0"}, {}])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(locked: TestClient, form: dict[str, str]) -> None:
    answer = send_form(locked, "/login", form)
    assert (answer.status_code, "The name or the password is wrong." in answer.text) == (403, True)
    assert locked.get("/").status_code == 401


def test_after_a_wrong_password_the_form_still_has_the_name(locked: TestClient) -> None:
    page = send_form(locked, "/login", RIGHT | {"name": '"anna" & <co>', "password": "wrong"}).text
    assert 'value="&#34;anna&#34; &amp; &lt;co&gt;"' in page
    assert "wrong" not in page.replace("the password is wrong", "")


def test_a_login_makes_a_new_session_and_ends_the_one_before(locked: TestClient, shop: Live) -> None:
    locked.cookies.set("__Host-aisle-session", "x" * 43, domain="127.0.0.1")  # an attacker's choice
    assert send_form(locked, "/login", RIGHT).status_code == 303
    first = locked.cookies["__Host-aisle-session"]
    assert first != "x" * 43
    assert send_form(locked, "/login", RIGHT).status_code == 303
    assert team_sessions.find(shop.db, first) is None
    assert locked.get("/").status_code == 200


def test_logging_out_ends_the_session(anna: TestClient, shop: Live) -> None:
    session_id = anna.cookies["__Host-aisle-session"]
    assert "anna" in anna.get("/logout").text
    assert send_form(anna, "/logout", {}).headers["location"] == "/logout"
    assert "You are logged out" in anna.get("/logout").text
    assert team_sessions.find(shop.db, session_id) is None
    assert anna.get("/").status_code == 401


def test_a_session_ends_with_the_role_that_it_had(anna: TestClient, shop: Live) -> None:
    assert anna.get("/").status_code == 200
    team.set_role(shop.db, "anna", Role.ADMIN)
    assert anna.get("/").status_code == 401


def test_what_a_person_does_not_use_for_long_ends(
    anna: TestClient, shop: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = anna.cookies["__Host-aisle-session"]
    monkeypatch.setattr("aisle.app.serving.logins.NOTED", -1)
    before = team_sessions.find(shop.db, session_id)
    assert anna.get("/").status_code == 200
    after = team_sessions.find(shop.db, session_id)
    assert before is not None
    assert after is not None
    assert after.used > before.used


def test_a_page_of_the_team_is_kept_by_no_browser(anna: TestClient) -> None:
    page = anna.get("/")
    assert page.headers["cache-control"] == "no-store"
    assert "Log out" in page.text


# --- What a session does not open -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_a_session_opens_pages_and_no_route_that_needs_a_key(locked: TestClient, shop: Live, role: Role) -> None:
    team.set_role(shop.db, "anna", role)
    send_form(locked, "/login", RIGHT)
    for path, methods in table().items():
        for method, scope in methods.items():
            if scope is Scope.TEAM and method == "GET":
                assert locked.get(path).status_code in (200, 303, 404, 422), path
            elif scope not in (Scope.OPEN, *PEOPLE):
                assert locked.request(method, path).status_code == 401, (method, path)


def test_what_a_person_tries_in_a_real_shop_is_stored_nowhere(anna: TestClient, shop: Live) -> None:
    before = events.count(shop.db)
    anna.get("/item", params={"item_id": "tea-1"})
    for event in ("add_to_cart", "rate-1", "hide"):
        assert send_form(anna, "/do", {event: "tea-1"}).status_code == 303
    assert send_form(anna, "/checkout", {}).status_code == 303
    assert events.count(shop.db) == before


def test_a_key_opens_no_page(locked: TestClient, shop: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring, "CHECK_SECONDS", 0.0)
    key = keys.add(shop.db, Scope.ADMIN)
    assert locked.get("/", headers={"authorization": f"Bearer {key}"}).status_code == 403


# --- Strangers and other sites ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/do", "/checkout", "/shop-as", "/logout", "/login"])
@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_no_other_site_sends_a_form_even_with_its_token(
    anna: TestClient, shop: Live, path: str, headers: dict[str, str]
) -> None:
    assert send_form(anna, path, RIGHT, headers).status_code == 403
    assert anna.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/do", "/checkout", "/shop-as", "/logout", "/login"])
@pytest.mark.parametrize("token", [None, "", "x" * 64])
def test_no_form_is_taken_without_its_token(anna: TestClient, path: str, token: str | None) -> None:
    form = RIGHT | ({} if token is None else {"form_token": token})
    answer = anna.post(path, data=form)
    assert (answer.status_code, "out of date" in answer.text) == (403, True)


def test_a_token_is_of_one_browser_and_one_session(locked: TestClient, folder: Path, shop: Live) -> None:
    before = form_token(locked)
    assert send_form(locked, "/login", RIGHT).status_code == 303
    assert locked.post("/logout", data={"form_token": before}).status_code == 403
    stranger = client_of(create_app(shop), "192.0.2.8")
    stranger.base_url = "https://127.0.0.1:8000"
    assert locked.post("/logout", data={"form_token": form_token(stranger)}).status_code == 403
    assert locked.get("/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "/\t/evil.example", "javascript:x", ""],
)
def test_a_login_leads_to_no_other_site(locked: TestClient, wanted: str) -> None:
    assert 'name="next" value="/"' in locked.get("/login", params={"next": wanted}).text
    assert send_form(locked, "/login", RIGHT | {"next": wanted}).headers["location"] == "/"


def test_under_a_name_that_was_made_to_lead_here_nobody_logs_in(locked: TestClient) -> None:
    assert send_form(locked, "/login", RIGHT, {"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("host", ["[::1", "[", "127.0.0.1:port", "[::1]]:1"])
def test_a_host_that_is_none_is_no_failure(locked: TestClient, host: str) -> None:
    for path in ("/login", "/", "/logout", "/api/health"):
        assert locked.get(path, headers={"host": host} | BROWSER).status_code < 500


def test_after_some_wrong_passwords_a_name_has_to_wait_from_wherever(
    locked: TestClient, shop: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(login_attempts.FREE_OF_NAME):
        login_attempts.count(shop.db, "anna", f"198.51.100.{i}")
    locked.headers["x-forwarded-for"] = "198.51.100.77"  # of no proxy that the settings name
    answer = send_form(locked, "/login", RIGHT)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 s." in answer.text
    after = moments.now() + 2 * moments.SECOND
    monkeypatch.setattr(login_attempts, "now", lambda: after)
    assert send_form(locked, "/login", RIGHT).status_code == 303


def test_a_form_is_not_read_past_a_few_fields(locked: TestClient) -> None:
    token = form_token(locked)
    body = f"form_token={token}&name=anna&password={'x' * 3_000_000}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert locked.post("/login", content=body, headers=headers).status_code == 413


def test_of_a_flood_of_logins_only_so_many_wait(shop: Live) -> None:
    page = LoginPage(shop.logins, templates(shop))
    held = threading.Event()

    async def one() -> str:
        try:
            return str(await page._checked(lambda: held.wait(60) and "checked"))
        except HTTPException as error:
            return str(error.status_code)

    async def flood() -> list[str]:
        logins = [asyncio.create_task(one()) for _ in range(60)]
        await asyncio.sleep(0.1)
        held.set()
        return await asyncio.gather(*logins)

    assert Counter(asyncio.run(flood())) == {"checked": AT_ONCE + WAITING, "503": 60 - AT_ONCE - WAITING}
