"""Events that are sent in the background, so that no page of the shop waits for them."""

import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Self

import anyio
import msgspec
from anyio.abc import TaskGroup

from aisle.client.answers import Received
from aisle.client.calls import Row, with_id
from aisle.shop.columns import TIMESTAMP
from aisle.shop.errors import ApiError, InputError
from aisle.shop.events import MAX_EVENTS, MAX_TEXT_BYTES

SECONDS: Final = 1.0
"""How long an event waits for others at most."""

MOST: Final = 10_000
"""How many events wait while the server does not answer; later ones are lost."""

_log: Final = logging.getLogger(__name__)


class Waiting:
    """Events that wait, each with an id and a time, so that sending one again stores nothing twice.

    Attributes
    ----------
    lost
        How many events found no room.
    rejected
        How many the server could not use.
    """

    def __init__(self) -> None:
        self.lost = 0
        self.rejected = 0
        self._events: list[Row] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Row) -> None:
        """Let an event wait.

        Raises
        ------
        InputError
            If it is too large to be sent.
        TypeError
            If a value has no form in JSON.
        """
        event = with_id({TIMESTAMP: datetime.now(UTC), **event})
        if (size := len(msgspec.json.encode(event))) > MAX_TEXT_BYTES:
            raise InputError(f"the event has {size:,} bytes; it may have {MAX_TEXT_BYTES:,}")
        with self._lock:
            if len(self._events) < MOST:
                self._events.append(event)
                return
            self.lost += 1
        _log.error("%s events wait for the server; another one is lost (%s by now)", MOST, self.lost)

    def first(self) -> list[Row]:
        """Return the events of the next call; they wait on until they are stored."""
        return self._events[:MAX_EVENTS]

    def done(self, events: list[Row], received: Received) -> None:
        """Forget events that the server has received."""
        with self._lock:
            del self._events[: len(events)]
            self.rejected += received.rejected
        for error in received.errors:
            _log.error("the server rejects the event %s: %s", events[error.index], error.reason)


class EventQueue:
    """Events that a thread sends, a second after they came at the latest.

    It is a context manager. At its end what still waits is sent, and an `ApiError` says that this failed. Before,
    failures are logged, and the events wait on.

    Parameters
    ----------
    send
        Sends events.
    """

    def __init__(self, send: Callable[[list[Row]], Received]) -> None:
        self.waiting: Final = Waiting()
        self._send = send
        self._sending = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aisle-events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.flush()

    def add(self, event: Row) -> None:
        """Let an event wait to be sent; returns at once."""
        self.waiting.add(event)

    def flush(self) -> None:
        """Send all that waits.

        Raises
        ------
        ApiError
            If the server refuses it or does not answer; the events wait on.
        """
        with self._sending:
            while events := self.waiting.first():
                self.waiting.done(events, self._send(events))

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS):
            try:
                self.flush()
            except ApiError as error:
                _log.warning("%s events wait on: %s", len(self.waiting), error)


class AsyncEventQueue:
    """Events that a task sends, as `EventQueue` does in a thread."""

    def __init__(self, send: Callable[[list[Row]], Awaitable[Received]]) -> None:
        self.waiting: Final = Waiting()
        self._send = send
        self._sending = anyio.Lock()
        self._tasks: TaskGroup = anyio.create_task_group()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)
        await self.flush()

    def add(self, event: Row) -> None:
        """Let an event wait to be sent; returns at once."""
        self.waiting.add(event)

    async def flush(self) -> None:
        """Send all that waits.

        Raises
        ------
        ApiError
            If the server refuses it or does not answer; the events wait on.
        """
        async with self._sending:
            while events := self.waiting.first():
                self.waiting.done(events, await self._send(events))

    async def _run(self) -> None:
        while True:
            await anyio.sleep(SECONDS)
            try:
                await self.flush()
            except ApiError as error:
                _log.warning("%s events wait on: %s", len(self.waiting), error)
