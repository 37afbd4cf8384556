"""Every way into the console by every role, as the table of routes says."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.shop.access import Role, Scope, may_person
from aisle.web.app import create_app
from aisle.web.console.pages import PAGES, WAYS
from aisle.web.routes import table
from tests.web.clients import client_of, send_form

PEOPLE = {"vera": Role.VIEWER, "mia": Role.MERCHANDISER, "ada": Role.ADMIN}


@pytest.mark.parametrize("name", PEOPLE)
def test_a_way_is_open_to_its_roles_and_to_no_other(browser_of: Callable[[str], TestClient], name: str) -> None:
    client, allowed = browser_of(name), may_person(PEOPLE[name])
    for method, path, needed in WAYS:
        answer = client.get(path) if method == "GET" else send_form(client, path, {})
        assert answer.status_code < 500, (method, path, answer.text)
        assert ("has the role" not in answer.text) == (needed in allowed), (method, path)


def test_a_refusal_says_who_may(browser_of: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    locked = table() | {PAGES[0].LINK.path: {"GET": Scope.TEAM_ADMIN}}
    monkeypatch.setattr("aisle.web.app.table", lambda: locked)
    answer = browser_of("mia").get(PAGES[0].LINK.path)
    assert (answer.status_code, "mia has the role merchandiser" in answer.text) == (403, True)
    assert browser_of("ada").get(PAGES[0].LINK.path).status_code == 200


def test_a_session_opens_no_console_to_a_key_and_a_stranger_sees_a_login(staffed: Live) -> None:
    stranger = client_of(create_app(staffed))
    for page in PAGES:
        assert stranger.get(page.LINK.path).status_code == 401
        answer = stranger.get(page.LINK.path, headers={"accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={page.LINK.path}")


def test_the_navigation_has_every_page_and_marks_the_one_that_is_open(
    browser_of: Callable[[str], TestClient],
) -> None:
    client = browser_of("vera")
    assert client.get("/console").headers["location"] == PAGES[0].LINK.path
    text = client.get(PAGES[0].LINK.path).text
    assert [text.count(f'href="{page.LINK.path}"') for page in PAGES] == [1] * len(PAGES)
    assert text.count('aria-current="page"') == 1
    assert "vera" in text
    assert 'href="/console"' in client.get("/").text


def test_a_problem_is_shown_in_the_frame_of_the_console(browser_of: Callable[[str], TestClient]) -> None:
    answer = browser_of("vera").get("/console/nothing")
    assert (answer.status_code, "Back to the overview" in answer.text) == (404, True)
