"""Clients that send their headers slowly, on a real socket."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import uvicorn

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.web import server, slow_clients
from aisle.web.slow_clients import HEAD_BYTES

HEALTH = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture
def address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A server that gives clients half a second for their headers."""
    monkeypatch.setattr(slow_clients, "HEADER_SECONDS", 0.5)
    started: list[uvicorn.Server] = []

    class Noted(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            started.append(self)

    monkeypatch.setattr(uvicorn, "Server", Noted)
    with Live(Settings.read(folder)) as live, server.listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.serve, args=(live, listener))
        thread.start()
        yield listener.getsockname()
        while not started:
            pass
        started[0].should_exit = True
        thread.join()


def received(client: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_request_that_is_never_finished_is_cut(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(HEALTH[:20])
        assert received(client) == b""


def test_a_second_request_that_is_never_finished_is_cut_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(HEALTH + HEALTH[:20])
        assert received(client).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize(
    "request_",
    [
        HEALTH.replace(b"host:", b"content-length: *7\r\nhost:"),
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n\r\n",
        HEALTH.replace(b"HTTP/1.1", b"HTTP/1.2"),
        HEALTH.replace(b"host:", b"host: another\r\nhost:"),
        HEALTH.replace(b"host:", b"content-length: 1\r\ntransfer-encoding: chunked\r\nhost:"),
    ],
)
def test_what_is_no_http_is_told_as_every_failure_is(address: tuple[str, int], request_: bytes) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(request_)
        head, _, body = received(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"nosniff" in head
    assert msgspec.json.decode(body)["status"] == 400


def test_what_asks_for_no_page_gets_none(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert received(client).startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("start", "more"),
    [(b"GET /", b"x"), (b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ", b"x"), (b"GET / HTTP/1.1\r\n", b"x: yz\r\n")],
    ids=["address", "header", "headers"],
)
def test_a_head_without_end_is_cut(address: tuple[str, int], start: bytes, more: bytes) -> None:
    too_long = start + more * HEAD_BYTES
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(too_long[: HEAD_BYTES + 1])
        assert received(client).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_long_body_is_no_head_without_end(address: tuple[str, int]) -> None:
    body = b" " * (4 * HEAD_BYTES) + b"{"
    head = b"POST /api/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(head % len(body) + body)
        assert b"column %d" % (len(body) + 1) in received(client)


def test_a_client_that_hangs_up_costs_no_traceback(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"POST /api/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert b"200 OK" in received(client)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
