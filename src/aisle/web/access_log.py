"""One line of JSON for each request: when, which route, which status, how long. No ids, no queries, no addresses."""

import sys
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aisle.web import metrics

UNKNOWN: Final = "unknown"
"""The route of a path that the table of routes does not have, and a method that no route has: they may be anything."""

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Line(msgspec.Struct, frozen=True):
    """What is written of a request."""

    time: str
    """When it was answered, as ISO 8601 in UTC."""
    level: str
    """`info`, `warning` if the server was too busy, `error` if it failed."""
    method: str
    route: str
    status: int
    milliseconds: float


class Accesses:
    """What is noted of every answer, for the log and for Prometheus.

    Parameters
    ----------
    routes
        The paths of the table of routes; one that ends with `/*` stands for all below it.
    log
        Writes a line; None: nobody does.
    """

    def __init__(self, routes: Collection[str], log: Callable[[Line], None] | None) -> None:
        self._routes = frozenset(routes)
        self._log = log

    def note(self, method: str, path: str, status: int, seconds: float) -> None:
        """Note an answer."""
        route = self._route(path)
        method = method if method in _METHODS else UNKNOWN
        metrics.note_request(method, route, status, seconds)
        if self._log is not None:
            level = "info" if status < 500 else "warning" if status == 503 else "error"
            moment = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._log(Line(moment, level, method, route, status, round(seconds * 1000, 2)))

    def _route(self, path: str) -> str:
        if path in self._routes:
            return path
        folder = f"/{path.split('/')[1]}/*"
        return folder if folder in self._routes else UNKNOWN


class AccessLog:
    """Middleware that notes the answers of an application."""

    def __init__(self, app: ASGIApp, accesses: Accesses) -> None:
        self._app = app
        self._accesses = accesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            self._accesses.note(scope["method"], scope["path"], status, time.perf_counter() - started)


def write_line(line: Line) -> None:
    """Write a line to standard output, whole, so that those of several workers do not mix."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
