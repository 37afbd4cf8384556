"""The client of programs that do other work while they wait for an answer (asyncio or Trio)."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from itertools import count
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import anyio
import httpx2

from aisle.client import calls, wire
from aisle.client.answers import NOTHING, Received
from aisle.client.calls import Call
from aisle.client.queue import AsyncEventQueue

P = ParamSpec("P")
T = TypeVar("T")


def _sends(describe: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    """Return the method that sends a call and returns its answer."""

    @wraps(describe)
    async def method(client: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await client.send(describe(*args, **kwargs))

    return method


def _stores(
    describe: Callable[P, list[Call[Received]]],
) -> Callable[Concatenate["AsyncClient", P], Awaitable[Received]]:
    """Return the method that sends as many calls as the rows need."""

    @wraps(describe)
    async def method(client: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> Received:
        received = NOTHING
        for call in describe(*args, **kwargs):
            received = received.and_(await client.send(call))
        return received

    return method


class AsyncClient:
    """The API of a server, as `Client` has it, with the same methods to be awaited; one client serves all tasks."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        user_token: str | None = None,
        timeout: float = 10.0,
        retries: int = 3,
    ) -> None:
        self._retries = retries
        self._http = httpx2.AsyncClient(
            base_url=wire.checked(url), headers=wire.headers_of(key, user_token), timeout=timeout
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Send a call of `aisle.client.calls` and return its answer, as `Client.send` does."""
        for tries in count():
            outcome: wire.Outcome
            try:
                outcome = await self._http.request(**wire.request_of(call))
            except httpx2.TransportError as error:
                outcome = error
            wait = wire.wait_before_retry(call, outcome, tries) if tries < self._retries else None
            if wait is None:
                return wire.answer_of(call, outcome)
            await anyio.sleep(wait)
        raise AssertionError("it counts for ever")

    async def batch(self, several: Sequence[Call[Any]]) -> list[Any]:
        """Send up to 100 calls at once, as `Client.batch` does."""
        return wire.answers_of(several, await self.send(wire.batch_of(several)))

    def queue(self) -> AsyncEventQueue:
        """Return a queue that sends events in the background: `async with client.queue() as events: events.add(…)`."""
        return AsyncEventQueue(self.send_events)

    recommendations = _sends(calls.recommendations)
    page = _sends(calls.page)
    similar = _sends(calls.similar)
    bought_together = _sends(calls.bought_together)
    trending = _sends(calls.trending)
    bestsellers = _sends(calls.bestsellers)
    rank = _sends(calls.rank)
    items = _sends(calls.items)
    put_items = _stores(calls.put_items)
    delete_items = _sends(calls.delete_items)
    send_events = _stores(calls.send_events)
    delete_events = _sends(calls.delete_events)
    rate = _sends(calls.rate)
    add_reviews = _stores(calls.add_reviews)
    put_users = _stores(calls.put_users)
    export_user = _sends(calls.export_user)
    erase_user = _sends(calls.erase_user)
    merge_users = _sends(calls.merge_users)
    unmerge_users = _sends(calls.unmerge_users)
    models = _sends(calls.models)
    promote = _sends(calls.promote)
    rollback = _sends(calls.rollback)
    rejects = _sends(calls.rejects)
    health = _sends(calls.health)
