"""Events that are sent in the background."""

import logging
import time
from typing import Any

import anyio
import pytest

from aisle.app.serve import Live
from aisle.client import ApiError, AsyncClient, Client, queue, wire
from aisle.client.queue import EventQueue, Waiting
from aisle.shop.errors import InputError
from tests.client.serving import Flaky
from tests.client.test_client import view


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "SECONDS", 0.05)
    monkeypatch.setattr(wire, "FIRST_WAIT", 0.01)


def sent(events: EventQueue) -> None:
    """Wait until nothing waits."""
    for _ in range(1000):
        if not len(events.waiting):
            return
        time.sleep(0.01)
    raise AssertionError("events still wait after ten seconds")


def stored(shop: Live, user_id: str) -> int:
    return len(shop.history(user_id, n=5000))


def test_events_arrive_in_the_background_and_the_rest_at_the_end(url: str, shop: Live) -> None:
    with Client(url) as client, client.queue() as events:
        events.add(view(user_id="behind"))
        sent(events)
        assert stored(shop, "behind") == 1
        for number in range(1500):
            events.add(view(f"tea-{number % 10}", user_id="behind"))
    assert stored(shop, "behind") == 1501


def test_the_awaited_queue_does_the_same(url: str, shop: Live) -> None:
    async def scenario() -> None:
        async with AsyncClient(url) as client, client.queue() as events:
            events.add(view(user_id="awaited"))
            with anyio.fail_after(10):
                while len(events.waiting):
                    await anyio.sleep(0.01)
            events.add(view(user_id="awaited"))

    anyio.run(scenario)
    assert stored(shop, "awaited") == 2


def test_lost_answers_store_nothing_twice(flaky: Flaky, shop: Live, caplog: pytest.LogCaptureFixture) -> None:
    flaky.losses = 3
    with Client(flaky.url, retries=0) as client, client.queue() as events:
        for _ in range(3):
            events.add(view(user_id="unlucky"))
        sent(events)
    assert stored(shop, "unlucky") == 3
    assert "3 events wait on: No answer" in caplog.text


def test_the_awaited_queue_waits_on_too(flaky: Flaky, shop: Live, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with AsyncClient(flaky.url, retries=0) as client, client.queue() as events:
            events.add(view(user_id="unlucky-too"))
            with anyio.fail_after(10):
                while len(events.waiting):
                    await anyio.sleep(0.01)

    flaky.losses = 2
    anyio.run(scenario)
    assert stored(shop, "unlucky-too") == 1
    assert "1 events wait on: No answer" in caplog.text


def test_at_the_end_a_failure_is_told(flaky: Flaky) -> None:
    flaky.losses = 100
    with pytest.raises(ApiError, match="No answer"), Client(flaky.url, retries=0) as client, client.queue() as events:
        events.add(view())
    assert len(events.waiting) == 1


def test_what_the_server_rejects_is_logged_and_counted(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with Client(url) as client, client.queue() as events:
        events.add({"event": "fly", "event_id": "flight"})
    assert events.waiting.rejected == 1
    assert "'flight'" in caplog.text


def test_an_event_has_its_id_and_time_from_the_start() -> None:
    waiting = Waiting()
    waiting.add({"event": "search"})
    waiting.add({"event": "search", "event_id": "own", "timestamp": "2026-01-01T00:00:00Z"})
    first, own = waiting.first()
    assert first.keys() == {"event", "event_id", "timestamp"}
    assert own == {"event": "search", "event_id": "own", "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("value", "error"), [({"a"}.__iter__(), TypeError), ("x" * 40_000, InputError), ("\ud800", UnicodeEncodeError)]
)
def test_what_can_never_be_sent_is_refused_at_once(value: Any, error: type[Exception]) -> None:
    waiting = Waiting()
    with pytest.raises(error):
        waiting.add({"event": "search", "properties": {"text": value}})
    assert len(waiting) == 0


def test_an_outage_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(queue, "MOST", 2)
    waiting = Waiting()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            waiting.add(view())
    assert (len(waiting), waiting.lost) == (2, 1)
    assert "another one is lost" in caplog.text
