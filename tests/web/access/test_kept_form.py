"""A form that was sent after its session had ended: nothing typed is lost, and nothing is sent without a click."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.access import Role
from aisle.shop.passwords import Cost, hash_password
from aisle.storage.access import team, team_sessions
from aisle.web.access import cookies
from aisle.web.access.kept_form import LARGEST, KeptForm
from aisle.web.app import create_app
from tests.web.clients import client_of, form_token, send_form

RIGHT = {"name": "anna", "password": "correct horse battery"}
TYPED = {"user_id": 'user-1 & "co" <b>', "back": "/cart"}


@pytest.fixture
def expired(folder: Path) -> Iterator[TestClient]:
    """Anna's browser, whose session has ended while she typed."""
    with Live(Settings.read(folder)) as live:
        team.add(live.db, "anna", Role.VIEWER, hash_password(RIGHT["password"], Cost(2, 1, 1)))
    with Live(Settings.read(folder)) as live:
        client = client_of(create_app(live))
        client.headers["accept"] = "text/html"
        assert send_form(client, "/login", RIGHT).status_code == 303
        team_sessions.end(live.db, client.cookies[cookies.SESSION])
        yield client


def field(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_what_was_typed_is_there_after_the_login_and_is_sent_by_a_click(expired: TestClient) -> None:
    login = send_form(expired, "/shop-as", TYPED)
    assert (login.status_code, "nothing is lost" in login.text) == (401, True)
    kept = {"next": field(login.text, "next"), "kept": field(login.text, "kept")}
    wrong = send_form(expired, "/login", RIGHT | kept | {"password": "wrong"})
    assert field(wrong.text, "kept") == kept["kept"]

    page = send_form(expired, "/login", RIGHT | kept)
    assert (page.status_code, 'action="/shop-as"' in page.text) == (200, True)
    assert "user-1 &amp; &#34;co&#34; &lt;b&gt;" in page.text
    assert page.headers["cache-control"] == "no-store"
    sent = {name: field(page.text, name) for name in ("user_id", "back", "form_token")}
    assert {name: sent[name] for name in TYPED} == TYPED
    answer = expired.post("/shop-as", data=sent)
    assert answer.status_code == 303
    assert "aisle-shopper" in answer.headers["set-cookie"]


def test_a_script_of_ours_gets_the_login_in_place_of_the_page(expired: TestClient) -> None:
    login = send_form(expired, "/do", {"hide": "tea-1"}, {"hx-request": "true"})
    assert (login.status_code, login.headers["hx-retarget"]) == (401, "body")
    assert field(login.text, "kept") == "hide=tea-1"


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_form_of_another_site_is_not_kept(expired: TestClient, headers: dict[str, str]) -> None:
    answer = expired.post("/shop-as", data=TYPED, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/")


@pytest.mark.parametrize("action", ["//evil.example", "https://evil.example/", "/\\evil.example", "x"])
def test_a_kept_form_goes_to_no_other_site(expired: TestClient, action: str) -> None:
    answer = send_form(expired, "/login", RIGHT | {"next": action, "kept": "user_id=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_kept_form_needs_the_token_of_its_login(expired: TestClient) -> None:
    answer = expired.post("/login", data=RIGHT | {"next": "/shop-as", "kept": "user_id=1", "form_token": "00"})
    assert answer.status_code == 403
    assert form_token(expired)


def test_a_form_that_is_too_long_or_none_is_not_kept(expired: TestClient) -> None:
    long = send_form(expired, "/shop-as", {"user_id": "x" * LARGEST})
    assert long.headers["location"] == "/login?next=/"
    assert expired.post("/shop-as", json={"user_id": "1"}).headers["location"] == "/login?next=/"
    assert KeptForm.of("/do", "&".join(["a=1"] * 501)) is None
    assert KeptForm.of("/do", "") is None


@pytest.mark.parametrize(("back", "leads_to"), [("/cart", "/cart"), ("//evil.example", "/")])
def test_the_way_on_without_the_form_is_one_of_ours(back: str, leads_to: str) -> None:
    kept = KeptForm.of("/do", f"back={back}&hide=1")
    assert kept is not None
    assert kept.back == leads_to
