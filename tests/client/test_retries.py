"""What is sent again, when, and what is not: against a server that is busy, closed to more calls, or out of reach."""

import socket
import threading
import time
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aisle.app.serve import Live
from aisle.app.serving.acknowledgements import Acknowledgements
from aisle.app.settings import Settings
from aisle.client import ApiError, calls, wire
from aisle.shop.access import Scope
from aisle.storage.access import keys
from tests.client.serving import Flaky, served
from tests.client.test_client import view

BUSY = httpx2.Response(503, headers={"retry-after": "7"})
BROKEN = httpx2.ReadError("reset")


def test_an_event_whose_answer_was_lost_is_stored_once(connect: Any, flaky: Flaky) -> None:
    flaky.losses = 2
    received = connect(flaky.url).send_events([view("tea-5"), view("tea-6")])
    assert (received.stored, received.duplicate) == (0, 2)  # the first try stored them
    assert flaky.requests == 3


def test_a_rating_whose_answer_was_lost_is_stored_once(connect: Any, flaky: Flaky, shop: Live) -> None:
    flaky.losses = 1
    user_id = f"rater-{time.time_ns()}"
    connect(flaky.url).rate(user_id, "tea-1", 4)
    assert len(shop.history(user_id)) == 1


def test_what_may_not_happen_twice_is_not_sent_again(connect: Any, flaky: Flaky) -> None:
    flaky.losses = 1
    with pytest.raises(ApiError, match=r"No answer: POST .*rollback") as failed:
        connect(flaky.url).rollback()
    assert (failed.value.status, flaky.requests) == (None, 1)


def test_after_so_many_tries_the_error_is_told(connect: Any, flaky: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "FIRST_WAIT", 0.01)
    flaky.losses = 9
    with pytest.raises(ApiError, match="No answer"):
        connect(flaky.url, retries=2).similar("tea-1")
    assert flaky.requests == 3


def test_a_server_out_of_reach_is_told(connect: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(ApiError, match=r"No answer: GET http://127\.0"):
        connect(f"http://127.0.0.1:{free}", retries=0).health()


def test_a_busy_server_is_asked_again_after_as_long_as_it_says(
    aisle_api: Any, shop: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "_acknowledgements", Acknowledgements(0.05))
    locked = ExitStack()
    locked.enter_context(shop.db.write())
    threading.Timer(0.9, locked.close).start()
    started = time.monotonic()
    assert aisle_api.send_events(view()).received == 1
    assert time.monotonic() - started >= 1  # Retry-After: 1


def test_a_shop_that_cannot_answer_is_told_in_the_end(connect: Any, untrained_folder: Path) -> None:
    with Live(Settings.read(untrained_folder)) as live, served(live) as url, pytest.raises(ApiError) as refused:
        connect(url, retries=0).similar("tea-1")
    assert refused.value.status == 503


def test_a_page_that_called_too_often_waits_and_gets_its_answer(connect: Any, folder: Path) -> None:
    with Live(Settings.read(folder, serve={"calls_per_second": 1})) as live:
        key = keys.add(live.db, Scope.BROWSER)
        live.keys.refresh()
        with served(live) as url:
            hasty = connect(url, key, retries=0)
            with pytest.raises(ApiError) as refused:
                [hasty.similar("tea-1") for _ in range(200)]
            assert connect(url, key).similar("tea-1").items
    assert refused.value.status == 429


@pytest.mark.parametrize(
    ("call", "outcome", "again"),
    [
        (calls.similar("i"), BUSY, True), (calls.similar("i"), BROKEN, True), (calls.rollback(), BUSY, False),
        (calls.rollback(), BROKEN, False), (calls.rollback(), httpx2.ConnectError("refused"), True),
        (calls.rollback(), httpx2.Response(429), True), (calls.similar("i"), httpx2.Response(500), False),
        (calls.similar("i"), httpx2.Response(422), False), (calls.similar("i"), httpx2.Response(200), False),
        (calls.similar("i"), httpx2.Response(429, headers={"retry-after": "900"}), False),
        (wire.batch_of([calls.similar("i"), calls.rollback()]), BUSY, False),
        (wire.batch_of([calls.similar("i"), calls.promote(1)]), BUSY, True),
    ],
)  # fmt: skip
def test_only_what_is_safe_is_sent_again(call: calls.Call[Any], outcome: wire.Outcome, again: bool) -> None:
    assert (wire.wait_before_retry(call, outcome, 0) is not None) == again


def test_the_wait_is_the_servers_or_grows() -> None:
    call = calls.health()
    assert wire.wait_before_retry(call, BUSY, 0) == 7
    date = httpx2.Response(503, headers={"retry-after": formatdate(time.time() + 9, usegmt=True)})
    assert wire.wait_before_retry(call, date, 0) == pytest.approx(9, abs=1.5)
    for tries in range(4):
        wait = wire.wait_before_retry(call, httpx2.Response(503, headers={"retry-after": "soon"}), tries)
        assert wait is not None
        assert 0.1 * 2**tries <= wait <= 0.2 * 2**tries


def test_a_failure_of_something_between_is_told_in_its_words() -> None:
    with pytest.raises(ApiError, match=r"Bad Gateway \(502\): nginx") as failed:
        wire.answer_of(calls.health(), httpx2.Response(502, text="nginx"))
    assert failed.value.detail == "nginx"
    with pytest.raises(ApiError, match=r"Error \(599\)"):
        wire.answer_of(calls.health(), httpx2.Response(599))
