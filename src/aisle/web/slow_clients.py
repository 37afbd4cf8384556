"""Clients that send a head slowly, or without end, or what is no HTTP: they are cut, as each holds a connection."""

import asyncio
from typing import Any, Final

import msgspec

from aisle.web.access.headers import HEADERS
from aisle.web.one_write import OneWrite
from aisle.web.refusals import RefusingProtocol
from aisle.web.schemas import Problem

HEADER_SECONDS: Final = 10.0
"""How long the headers of a request may take."""

HEAD_BYTES: Final = 64 * 1024
"""How long the head of a request may be, which is held in memory until its end."""

_PROBLEM: Final = msgspec.json.encode(Problem("Bad Request", 400, "the request is no valid HTTP"))
_NO_HTTP: Final = b"\r\n".join(
    (
        b"HTTP/1.1 400 Bad Request",
        b"content-type: application/problem+json",
        b"content-length: %d" % len(_PROBLEM),
        b"connection: close",
        *(f"{name}: {value}".encode() for name, value in HEADERS.items()),
        b"",
        _PROBLEM,
    )
)


class NoHttp(Exception):
    """The request is what no client of HTTP/1.1 sends; uvicorn answers 400 to whatever a callback raises."""


class ImpatientProtocol(RefusingProtocol):
    """uvicorn's protocol, with limits to the time and the bytes that a head takes; and our failures.

    uvicorn waits for ever, and httptools takes any number of bytes, requests without a version, and any hosts.
    """

    _unread = 0
    """How many bytes have come of what is neither a whole head nor a body."""

    def connection_made(self, transport: Any) -> None:
        """Expect a request."""
        self._answers = OneWrite(transport, self.loop)
        super().connection_made(self._answers)  # type: ignore[arg-type] # it passes on what it does not do itself
        self._expect()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in what has come, unless it is a head without end."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES:
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        """Begin to answer what is HTTP."""
        self._unread = 0
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (version == "1.1" and hosts == 0) or version not in {"1.0", "1.1"}:
            raise NoHttp
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body, whose length its reader limits."""
        self._unread = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Expect the next request."""
        self._answers.flush()
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._look.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 # as uvicorn calls it
        """Answer what is no HTTP as every failure is answered, and close the connection."""
        self.transport.write(_NO_HTTP)
        self.transport.close()

    def _expect(self) -> None:
        self._until = self.loop.time() + HEADER_SECONDS

    def _watch(self) -> None:
        # One timer for a connection, which looks when the time may be over: one for each request would cost more.
        self._look: asyncio.TimerHandle = self.loop.call_at(self._until, self._cut)

    def _cut(self) -> None:
        """Close the connection if its time is over, unless a request is being answered."""
        if self.loop.time() < self._until:
            self._watch()
        elif self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._expect()
            self._watch()
