"""One route of the JSON API: what it takes, what it gives, who may call it, and the function that answers.

What a route takes is one type, read from the query where there is no body. A field that it does not know is refused.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle.app.serve import Live
from aisle.shop.access import Scope
from aisle.web.access.caller import Caller
from aisle.web.admission import is_in_turn, is_read, read, read_in_turn
from aisle.web.requests import decode, read_body, read_query

Handler = Callable[..., Any]

QUERIES: Final = ("GET", "DELETE")
"""The methods whose requests have a query and no body."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


class Endpoint(msgspec.Struct, frozen=True, dict=True):
    """One route.

    Attributes
    ----------
    method, path, scope
        How it is called, and by whom.
    summary
        What it does, for the description.
    answer
        The function behind it: the shop, the caller and what was taken in; what is given out. It runs in a thread,
        unless it is a coroutine.
    takes
        The type of the query or the body; bytes: the body as it is.
    failures
        The statuses of its failures, beside those of every route.
    """

    method: str
    path: str
    scope: Scope
    summary: str
    answer: Handler
    takes: Any
    gives: Any
    failures: tuple[int, ...] = ()
    status: int = 200

    @property
    def has_body(self) -> bool:
        """Whether what it takes is in the body."""
        return self.method not in QUERIES

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        """What reads the body."""
        return msgspec.json.Decoder(self.takes)

    def serve(self, live: Live) -> Callable[[Request], Awaitable[Response]]:
        """Return the function that answers its requests for one shop."""

        async def respond(request: Request) -> Response:
            given = await self._given(request)
            answer = await self._answered(live, request, given)
            return Response(msgspec.json.encode(answer), self.status, media_type="application/json")

        return respond

    async def _answered(self, live: Live, request: Request, given: Any) -> Any:
        caller: Caller = request.state.caller
        if iscoroutinefunction(self.answer):
            return await self.answer(live, caller, given)
        # In a thread, so that a slow query delays nobody else.
        if not is_read(self.method, self.path):
            return await run_in_threadpool(self.answer, live, caller, given)
        in_thread = read_in_turn if is_in_turn(self.path, of_file=live.reads_file) else read
        return await in_thread(self.answer, live, caller, given)

    async def _given(self, request: Request) -> Any:
        if not self.has_body:
            return read_query(request, self.takes)
        read_query(request, Nothing)
        body = await read_body(request)
        return body if self.takes is bytes else decode(self.decoder, body)
