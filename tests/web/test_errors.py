"""Every failure is one sentence."""

from concurrent.futures import Future
from pathlib import Path

import msgspec
import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.serving.shelf import Shelf
from aisle.app.settings import Settings
from aisle.shop import errors
from aisle.storage.log.writer import Outcome
from aisle.web.app import create_app
from aisle.web.errors import explain
from tests.web.clients import client_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InputError("x"), 422),
        (errors.IdError("x"), 422),
        (errors.FormatError("x"), 422),
        (errors.NotFound("x"), 404),
        (errors.NotEnoughData("x"), 409),
        (errors.NoModel("x"), 503),
        (errors.SettingsError("x"), 500),
        (HTTPException(405, "x"), 405),
    ],
)
def test_an_error_has_its_status_and_keeps_its_words(error: Exception, status: int) -> None:
    assert explain(error) == (status, "x")


@pytest.mark.parametrize("kind", [errors.BundleError, errors.DatabaseUnavailable, errors.SchemaError])
def test_the_folders_and_hosts_of_the_shop_are_for_its_log(
    kind: type[errors.AisleError], caplog: pytest.LogCaptureFixture
) -> None:
    status, message = explain(kind("cannot read /srv/shop/aisle.db"))
    assert status == 503
    assert "/srv" not in message
    assert "/srv/shop/aisle.db" in caplog.text


def test_a_busy_shop_says_when_to_try_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Busy(Live):
        def submit_rating(
            self,
            user_id: str,
            item_id: str,
            rating: float,
            event_id: str | None = None,
            recommendation_id: str | None = None,
            address: str | None = None,
        ) -> Future[list[Outcome]]:
            raise errors.TryAgain("20,000 events wait for database /srv/shop/aisle.db")

    with Busy(Settings.read(folder)) as live:
        client = client_of(create_app(live))
        answer = client.post("/api/feedback", json={"user_id": "u", "item_id": "tea-1", "rating": 5})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "try again" in answer.json()["detail"]
    assert "/srv" not in answer.text
    assert "/srv/shop/aisle.db" in caplog.text


def test_json_that_cannot_be_read_differs_from_json_that_cannot_be_used() -> None:
    assert explain(msgspec.DecodeError("x"))[0] == 400
    assert explain(msgspec.ValidationError("x"))[0] == 422


class Broken(Live):
    """A shop with a bug."""

    def filled(self, *_: object, **__: object) -> Shelf:
        raise ZeroDivisionError("secret of the house")


@pytest.fixture
def broken_client(folder: Path) -> TestClient:
    return client_of(create_app(Broken(Settings.read(folder))))


def test_a_bug_is_not_shown_to_the_client(broken_client: TestClient) -> None:
    answer = broken_client.get("/api/recommendations?user_id=a")
    assert answer.status_code == 500
    assert set(answer.json()) == {"title", "status", "detail"}
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_bug_is_a_page_in_the_browser(broken_client: TestClient) -> None:
    answer = broken_client.get("/?user_id=a", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert 'role="alert"' in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/static/nothing.css", "/static/../app.py"])
def test_an_unknown_path_is_an_error_in_json(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "no such page" in answer.json()["detail"]


def test_a_wrong_method_is_an_error_in_json(client: TestClient) -> None:
    answer = client.get("/api/feedback")
    assert answer.status_code == 405
    assert answer.json()["detail"] == "/api/feedback answers POST"
    assert answer.headers["allow"] == "POST"
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_page_is_a_page_in_the_browser(client: TestClient) -> None:
    answer = client.get("/nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "no such page" in answer.text
    assert 'href="/">Back to the shop' in answer.text
