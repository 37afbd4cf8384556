"""Clients that send their headers slowly, or never, or what is no HTTP: they are cut, as each holds a connection."""

import asyncio
from typing import Any, Final

import msgspec
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from aisle.web.access.headers import HEADERS
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
        super().connection_made(transport)
        self._expect()

    def on_response_complete(self) -> None:
        """Expect the next request."""
        super().on_response_complete()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._limit.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 # as uvicorn calls it
        """Answer what is no HTTP as every failure is answered, and close the connection."""
        self.transport.write(_NO_HTTP)
        self.transport.close()

    def _expect(self) -> None:
        if hasattr(self, "_limit"):
            self._limit.cancel()
        self._limit: asyncio.TimerHandle = self.loop.call_later(HEADER_SECONDS, self._cut)

    def _cut(self) -> None:
        """Close the connection unless a request is being answered."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
