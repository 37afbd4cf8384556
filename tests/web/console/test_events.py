"""The page of events: the newest ones, what was rejected, and replay."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.shop.moments import now
from aisle.shop.rejects import Reject
from aisle.storage.log import events, rejects
from aisle.storage.shoppers import segments
from aisle.web.app import create_app
from tests.web.clients import client_of, send_form

GOOD = {"event": "purchase", "user_id": "u", "item_id": "tea-1", "timestamp": "2024-03-01T10:00:00Z"}


@pytest.fixture
def live(untrained_folder: Path, tmp_path: Path) -> Iterator[Live]:
    with Live(Settings.read(shutil.copytree(untrained_folder, tmp_path / "shop"))) as live:
        yield live


@pytest.fixture
def page(live: Live) -> TestClient:
    client = client_of(create_app(live))
    client.headers["accept"] = "text/html"
    return client


@pytest.fixture
def rejected(live: Live) -> list[Reject]:
    """Rows that were rejected for a reason that holds no more, and one that is none."""
    rows = [
        Reject("orders <b>.csv", 1, "events", "the item was not known", msgspec.json.encode(GOOD).decode()),
        Reject("orders <b>.csv", 2, "events", "timestamp 'x' is no date", '{"event": "purchase", "timestamp": "x"}'),
    ]
    rejects.add(live.db, rows)
    return rows


def test_the_tail_renews_itself_until_it_is_paused(page: TestClient) -> None:
    text = page.get("/console/events").text
    assert 'hx-get="/console/events/tail" hx-trigger="every 3s"' in text
    assert text.count("<tr>") == 31
    assert "hx-get" not in page.get("/console/events?paused=1").text.split('id="tail"')[1].split(">")[0]
    part = page.get("/console/events/tail?kind=purchase", headers={"hx-request": "true"})
    assert 'hx-get="/console/events/tail?kind=purchase"' in part.text
    assert "<html" not in part.text


def test_a_kind_of_which_there_is_none_says_so(page: TestClient) -> None:
    assert "No event like that lately" in page.get("/console/events?kind=refund").text
    assert page.get("/console/events?kind=dance").status_code == 422


def test_the_tail_is_that_of_a_segments_members(page: TestClient, live: Live) -> None:
    segments.set_members(live.db, segments.add(live.db, "tea <b>", "{}").number, ["user-4"], now())
    text = page.get("/console/events", params={"segment": "tea <b>"}).text
    assert set(re.findall(r"<bdi>(user-\d+)</bdi>", text)) == {"user-4"}
    assert 'hx-get="/console/events/tail?segment=tea+%3Cb%3E"' in text
    assert "Segment: tea &lt;b&gt;" in text
    part = page.get("/console/events/tail?segment=tea+%3Cb%3E&kind=search", headers={"hx-request": "true"}).text
    assert "No event like that lately" in part
    gone = page.get("/console/events?segment=gone")
    assert gone.status_code == 422
    assert "take the filter away" in gone.text


def test_rejects_are_grouped_by_their_reason(page: TestClient, rejected: list[Reject]) -> None:
    text = page.get("/console/events").text
    assert "Rejected rows: 2" in text
    assert "timestamp &#39;x&#39; is no date" in text
    assert "orders &lt;b&gt;.csv" in text


def test_a_replay_stores_what_passes_now_and_says_what_stays(
    page: TestClient, rejected: list[Reject], live: Live
) -> None:
    before = events.count(live.db)
    answer = send_form(page, "/console/events/replay", {"source": "orders <b>.csv"})
    assert answer.headers["location"] == "/console/events"
    assert "2 rows were checked again: 1 pass now, 1 stay rejected." in page.get("/console/events").text
    assert (events.count(live.db), rejects.count(live.db)) == (before + 1, 1)


def test_a_replay_of_nothing_says_so(page: TestClient) -> None:
    send_form(page, "/console/events/replay", {"source": "none.csv"})
    assert "Nothing was replayed: there are no rejects of none.csv" in page.get("/console/events").text


def test_rejects_are_exported_as_the_command_does(page: TestClient, rejected: list[Reject]) -> None:
    answer = page.get("/console/events/rejects")
    assert answer.headers["content-disposition"] == 'attachment; filename="rejects.jsonl"'
    rows = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert [row["row"] for row in rows] == [GOOD, {"event": "purchase", "timestamp": "x"}]
    assert page.get("/console/events/rejects?source=none").status_code == 404
