"""Overload: so many requests at a time, and what comes past them is sent away at once instead of waiting in line."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aisle.web.access.headers import RAW_HEADERS
from aisle.web.schemas import Problem

MOST_READS: Final = 64
"""How many requests that read a process works on at once: more only wait for each other."""

MOST_WRITES: Final = 1_000
"""How many requests that write may wait for their commit, which they share."""

READERS: Final = 8
"""How many threads fill shelves: more would wait for each other's turn at Python, and a shelf mostly computes."""

_READS: Final = ("GET", "HEAD", "OPTIONS")
_READ_BY_POST: Final = ("/api/recommendations", "/api/page", "/api/rank")
_ALWAYS: Final = "/health/"
_BUSY: Final = msgspec.json.encode(Problem("Service Unavailable", 503, "too many requests at once; try again in 1 s"))
_REFUSAL: Final[tuple[Message, Message]] = (
    {
        "type": "http.response.start",
        "status": 503,
        "headers": [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(_BUSY)).encode()),
            (b"retry-after", b"1"),
            *RAW_HEADERS,
        ],
    },
    {"type": "http.response.body", "body": _BUSY},
)
"""The answer, made once: where five times too many come, four of five get it."""

WRITTEN_REFUSAL: Final = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        *(name + b": " + value for name, value in _REFUSAL[0]["headers"]),
        b"",
        _BUSY,
    )
)
"""The same, as it is sent."""

_IN_TURN: Final = ("/api/recommendations", "/api/rank")
"""What a model computes for one shopper. Shelves that many share are done too soon to wait for their turns, and a page
of many shelves would hold others up."""

_readers: Final = ThreadPoolExecutor(READERS, "aisle-reader")
_one_reader: Final = ThreadPoolExecutor(1, "aisle-in-turn")
_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()


def is_read(method: str, path: str) -> bool:
    """Return whether a request only reads."""
    return method in _READS or path in _READ_BY_POST


async def read(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what reads in a thread; the threads of those who wait for a write are others."""
    return await asyncio.get_running_loop().run_in_executor(_readers, function, *arguments)


def is_in_turn(path: str, *, of_file: bool) -> bool:
    """Return whether requests to a path are answered one after the other.

    Parameters
    ----------
    of_file
        Whether the database is a file. Then a shelf only computes, and of four that come at once each would be done no
        sooner than the last one. While a database server is read, others can compute.
    """
    return of_file and path in _IN_TURN


async def read_in_turn(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call what reads as `read` does, in the order in which requests come.

    The next one begins when the loop has taken over what came of this one, and not before: a thread that goes on
    computing keeps the loop from its turn at Python for several shelves, and no answer is sent meanwhile.
    """
    loop = asyncio.get_running_loop()
    async with _turns.setdefault(loop, asyncio.Lock()):
        return await loop.run_in_executor(_one_reader, function, *arguments)


class Places:
    """How many more requests are let in.

    Readers and writers are counted apart: those who wait for a database that is locked must not keep shelves away.

    Parameters
    ----------
    reads, writes
        How many of each kind are let in at a time.
    """

    def __init__(self, reads: int = MOST_READS, writes: int = MOST_WRITES) -> None:
        self.free: Final = {True: reads, False: writes}
        """By whether they read."""

    def are_taken(self, method: str, path: str) -> bool:
        """Return whether a request has to be sent away."""
        return not self.free[is_read(method, path)] and not path.startswith(_ALWAYS)


class Admission:
    """Middleware that answers 503 at once when too many requests are being answered.

    Parameters
    ----------
    app
        What is behind it.
    places
        Those of the requests that it lets in.
    """

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self._app = app
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or send the request away."""
        if scope["type"] != "http" or scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if self._places.are_taken(method, path):
            for message in _REFUSAL:
                await send(message)
            return
        free, reads = self._places.free, is_read(method, path)
        free[reads] -= 1
        try:
            await self._app(scope, receive, send)
        finally:
            free[reads] += 1
