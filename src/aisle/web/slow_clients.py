"""Clients that send their headers slowly, or never: they are cut, as each holds a connection."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEADER_SECONDS: Final = 10.0
"""How long the headers of a request may take."""


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # whichever parser is installed
    """uvicorn's protocol, with a limit to the time that headers take; uvicorn itself waits for ever."""

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

    def _expect(self) -> None:
        if hasattr(self, "_limit"):
            self._limit.cancel()
        self._limit: asyncio.TimerHandle = self.loop.call_later(HEADER_SECONDS, self._cut)

    def _cut(self) -> None:
        """Close the connection unless a request is being answered."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
