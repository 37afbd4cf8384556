"""The short way to the routes of the API: by one look into a table, where the framework tries its routes in turn.

Each request to a framework's router matches some forty patterns, which takes as long as all else that is done around a
shelf. Whatever is not in the table, such as pages and files, goes on to the router.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aisle.shop.errors import AisleError

Respond = Callable[[Request], Awaitable[Response]]
Answer = Callable[[Request, Exception], Awaitable[Response]]


class Dispatch:
    """Middleware that answers the routes of a table.

    Parameters
    ----------
    table
        What answers each path and method.
    answer
        Returns the answer to a request that failed.
    """

    def __init__(self, app: ASGIApp, table: Mapping[tuple[str, str], Respond], answer: Answer) -> None:
        self._app = app
        self._table = table
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do it."""
        respond = self._table.get((scope["path"], scope["method"])) if scope["type"] == "http" else None
        if respond is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await respond(request)
        except (AisleError, msgspec.DecodeError, HTTPException, ClientDisconnect) as error:
            response = await self._answer(request, error)
        await response(scope, receive, send)
