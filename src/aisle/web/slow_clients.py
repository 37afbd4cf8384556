"""Clients that send their headers slowly, or never, or what is no HTTP: they are cut, as each holds a connection."""

import asyncio
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from aisle.web.access.headers import HEADERS
from aisle.web.one_write import OneWrite
from aisle.web.schemas import Problem

HEADER_SECONDS: Final = 10.0
"""How long the headers of a request may take."""

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


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # whichever parser is installed
    """uvicorn's protocol, with a limit to the time that headers take, as uvicorn waits for ever; and our failures."""

    def connection_made(self, transport: Any) -> None:
        """Expect a request."""
        super().connection_made(OneWrite(transport, self.loop))
        self._expect()
        self._watch()

    def on_response_complete(self) -> None:
        """Expect the next request."""
        self.transport.flush()
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
