"""What is written of each request, and what is not."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.web.app import create_app
from tests.web.clients import client_of


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "level"),
    [
        ("GET", "/api/recommendations?user_id=anna", "/api/recommendations", 200, "info"),
        ("GET", "/api/recommendations?user_id=anna&colour=red", "/api/recommendations", 422, "info"),
        ("GET", "/static/aisle.svg", "/static/*", 200, "info"),
        ("GET", "/anna", "unknown", 404, "info"),
        ("ANNA", "/api/health", "/api/health", 405, "info"),
    ],
)
def test_a_line_names_the_route_and_nobody(
    live: Live,
    capsysbinary: pytest.CaptureFixture[bytes],
    method: str,
    path: str,
    route: str,
    status: int,
    level: str,
) -> None:
    client_of(create_app(live)).request(method, path)
    text = capsysbinary.readouterr().out
    line = json.loads(text)
    assert b"anna" not in text.lower()
    assert (line["route"], line["status"], line["level"]) == (route, status, level)
    assert line["milliseconds"] > 0
    assert datetime.fromisoformat(line["time"]).utcoffset() is not None


def test_a_failure_is_an_error(
    live: Live, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Live, "shelf_to_show", lambda *_: 1 / 0)
    client_of(create_app(live)).get("/api/bestsellers")
    line = json.loads(capsysbinary.readouterr().out)
    assert (line["level"], line["status"]) == ("error", 500)


def test_the_log_can_be_left_out(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with Live(Settings.read(folder, serve={"access_log": False})) as live:
        assert client_of(create_app(live)).get("/api/bestsellers").status_code == 200
    assert capsysbinary.readouterr().out == b""
