"""Requests that are sent away before anything is made for them, on a real socket."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from aisle.web import server
from aisle.web.access.headers import HEADERS
from aisle.web.access_log import Accesses, Line
from aisle.web.admission import Admission, Places
from aisle.web.refusals import Refusals, RefusingProtocol

GET = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 30\r\n\r\n" + GET
LAST = b"GET /last HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n"


class App:
    """Answers with the path of a request; it has no places until it is told, and `/slow` waits to be let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self.places = Places(reads=0, writes=0)
        self.lines: list[Line] = []
        self.state = SimpleNamespace(refusals=Refusals(self.places, Accesses(["/"], self.lines.append)))
        self._admission = Admission(self._answer, self.places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await self._admission(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await asyncio.to_thread(self.let_go.wait)
        await PlainTextResponse(scope["path"])(scope, receive, send)


class Shop:
    """A served application, and a connection to it."""

    def __init__(self, app: App, address: tuple[str, int]) -> None:
        self.app = app
        self._client = socket.create_connection(address, timeout=60)
        self._answers = self._client.makefile("rb")

    def send(self, request: bytes) -> None:
        self._client.sendall(request)

    def answer(self, *, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the next answer."""
        status = int(self._answers.readline().split()[1])
        lines = iter(self._answers.readline, b"\r\n")
        headers = dict(line.decode().strip().split(": ", 1) for line in lines)
        return status, headers, self._answers.read(int(headers["content-length"])) if body else b""

    def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        self.send(request)
        return self.answer()

    def is_closed(self) -> bool:
        return self._answers.read() == b""

    def let_in(self) -> None:
        self.app.places.free.update({True: 1, False: 1})

    def close(self) -> None:
        self._answers.close()
        self._client.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    app = App()
    config = uvicorn.Config(app, http=RefusingProtocol, lifespan="off", log_level="critical", server_header=False)
    running = uvicorn.Server(config)
    with server.listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        shop = Shop(app, listener.getsockname())
        yield shop
        shop.close()
        running.should_exit = True
        thread.join()


def test_who_is_sent_away_is_told_when_to_come_back_and_is_served_then(shop: Shop) -> None:
    status, headers, body = shop.ask(GET)
    assert (status, headers["retry-after"]) == (503, "1")
    assert b"too many requests" in body
    assert all(headers[name.lower()] == value for name, value in HEADERS.items())
    shop.let_in()
    assert shop.ask(LAST)[::2] == (200, b"/last")
    assert shop.is_closed()


def test_the_body_of_a_refused_request_is_no_request(shop: Shop) -> None:
    assert shop.ask(POST)[0] == 503
    shop.let_in()
    assert shop.ask(LAST)[::2] == (200, b"/last")
    assert shop.is_closed()


def test_what_is_sent_away_is_noted(shop: Shop) -> None:
    shop.ask(GET)
    shop.ask(POST)
    assert [(line.method, line.route, line.status) for line in shop.app.lines] == [
        ("GET", "/", 503),
        ("POST", "/", 503),
    ]
    assert shop.app.asked == []


NOT_PLAIN = [
    GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
    GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    GET.replace(b"GET /", b"GET /%41"),
    GET.replace(b"GET /", b"GET http://shop/"),
]


@pytest.mark.parametrize("request_", NOT_PLAIN)
def test_what_is_not_plain_is_sent_away_alike_by_the_application(shop: Shop, request_: bytes) -> None:
    status, headers, body = shop.ask(GET)
    by_app = shop.ask(request_)
    assert len(shop.app.asked) == 1
    assert (by_app[0], by_app[2]) == (status, body)
    assert headers.items() <= by_app[1].items()


def test_the_refusal_of_a_head_has_no_body(shop: Shop) -> None:
    shop.send(GET.replace(b"GET", b"HEAD"))
    assert shop.answer(body=False)[0] == 503
    assert shop.ask(GET)[0] == 503


def test_health_is_always_told(shop: Shop) -> None:
    assert shop.ask(GET.replace(b"/", b"/health/live", 1))[::2] == (200, b"/health/live")


def test_a_request_behind_one_that_is_being_answered_waits_for_its_answer(shop: Shop) -> None:
    shop.let_in()
    shop.send(GET.replace(b"/", b"/slow", 1))
    while not shop.app.asked:
        time.sleep(0.001)
    shop.send(GET)
    shop.app.let_go.set()
    assert [shop.answer()[::2], shop.answer()[::2]] == [(200, b"/slow"), (200, b"/")]
