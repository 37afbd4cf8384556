"""Clients that call a server again and again, and remember what it answered."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

TIMEOUT_SECONDS = 60.0
READY_SECONDS = 120.0


class Call(NamedTuple):
    """What a client sends."""

    path: str
    body: bytes | None = None
    """Posted, if there is one."""


class Answer(NamedTuple):
    """What came back."""

    call: Call
    started: float
    """By the clock of `time.monotonic`."""
    seconds: float
    status: int
    """0 if the connection was lost."""
    body: bytes


class Answers(list[Answer]):
    """The answers of some clients; a list that threads append to."""

    def between(self, start: float, end: float) -> "Answers":
        """Return the answers to what was sent in a span of time."""
        return Answers(answer for answer in self if start <= answer.started < end)

    def quantile(self, share: float) -> float:
        """Return a quantile of the milliseconds that they took."""
        return float(np.quantile([answer.seconds * 1000 for answer in self], share)) if self else float("nan")


@contextmanager
def load(address: str, calls: Callable[[int], Call], clients: int, per_second: float) -> Iterator[Answers]:
    """Let clients call a server while the block runs; yields their answers, which grow meanwhile.

    Parameters
    ----------
    calls
        Returns the call of each number, 0, 1, ….
    clients
        How many there are; each has a connection of its own, and waits for an answer before it calls again.
    per_second
        How often each of them calls, if it is answered in time.
    """
    answers, stop = Answers(), threading.Event()
    numbers = iter(range(10**9))
    lock = threading.Lock()

    def client() -> None:
        connection = connect(address)
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + 1 / per_second, time.monotonic() - 1)
            with lock:
                call = calls(next(numbers))
            answer = ask(connection, call)
            answers.append(answer)
            if not answer.status:
                connection = connect(address)
        connection.close()

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def connect(address: str) -> http.client.HTTPConnection:
    """Return a connection to a server, which is opened by the first call."""
    parts = urlsplit(address)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=TIMEOUT_SECONDS)


def ask(connection: http.client.HTTPConnection, call: Call) -> Answer:
    """Send one call, and wait for its answer."""
    started = time.monotonic()
    try:
        headers = {} if call.body is None else {"Content-Type": "application/json"}
        connection.request("GET" if call.body is None else "POST", call.path, call.body, headers)
        response = connection.getresponse()
        status, body = response.status, response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        status, body = 0, b""
    return Answer(call, started, time.monotonic() - started, status, body)


def until(is_so: Callable[[], bool], patience: float) -> float:
    """Return after how many seconds something is so; infinity if it is not within a time."""
    started = time.monotonic()
    while time.monotonic() - started < patience:
        if is_so():
            return time.monotonic() - started
        time.sleep(0.05)
    return float("inf")


def until_ready(address: str) -> None:
    """Wait until a server fills shelves: it takes connections before that."""
    until(lambda: _status(address, "/health/ready") == 200, READY_SECONDS)


def until_locked(address: str) -> None:
    """Wait until a server knows that its shop has a key: it reads them again every second."""
    until(lambda: _status(address, "/api/trending") == 401, READY_SECONDS)


def _status(address: str, path: str) -> int:
    connection = connect(address)
    status = ask(connection, Call(path)).status
    connection.close()
    return status


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """Return how many answers had each status."""
    return {status: sum(answer.status == status for answer in answers) for status in {a.status for a in answers}}
