"""Overload: so many requests at a time, and what comes past them is sent away at once instead of waiting in line."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_READS: Final = 64
"""How many requests that read a process works on at once: more only wait for each other."""

MOST_WRITES: Final = 1_000
"""How many requests that write may wait for their commit, which they share."""

_READS: Final = ("GET", "HEAD", "OPTIONS")
_ALWAYS: Final = "/health/"

Answer = Callable[[Request, Exception], Awaitable[Response]]


class Admission:
    """Middleware that answers 503 at once when too many requests are being answered.

    Readers and writers are counted apart: those who wait for a database that is locked must not keep shelves away.

    Parameters
    ----------
    app
        What is behind it.
    answer
        Returns the answer to a request that is refused.
    reads, writes
        How many of each kind are let in at a time.
    """

    def __init__(self, app: ASGIApp, answer: Answer, reads: int = MOST_READS, writes: int = MOST_WRITES) -> None:
        self._app = app
        self._answer = answer
        self._free = {True: reads, False: writes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or send the request away."""
        if scope["type"] != "http" or scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
            return
        is_read = scope["method"] in _READS
        if not self._free[is_read]:
            busy = HTTPException(
                HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again in 1 s", {"Retry-After": "1"}
            )
            refusal = await self._answer(Request(scope, receive), busy)
            await refusal(scope, receive, send)
            return
        self._free[is_read] -= 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._free[is_read] += 1
