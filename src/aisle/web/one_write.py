"""A transport that joins what is written at once: uvicorn writes the head and the body of an answer one by one."""

import asyncio
from typing import Any


class OneWrite:
    """Joins the writes of one turn of the event loop into one, which is one call of the system and one packet.

    Parameters
    ----------
    transport
        What writes. It does everything else, too.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write with what else comes before the loop turns to others."""
        if data:
            if not self._waiting:
                self._loop.call_soon(self.flush)
            self._waiting.append(data)

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            data, self._waiting = b"".join(self._waiting), []
            self._transport.write(data)

    def close(self) -> None:
        """Write what waits, and close."""
        self.flush()
        self._transport.close()
