"""Lets requests wait for what the event writer's thread does, at little cost for each of them.

`asyncio.wrap_future` wakes the loop for every future, and `asyncio.wait_for` sets a timer for each. The events of a
commit are done at once, and all may wait as long: one call wakes the loop for all of them here, and one timer will do.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

Result = TypeVar("Result")


class Acknowledgements:
    """What the requests of a process wait for.

    Parameters
    ----------
    patience
        How many seconds each may wait.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting] = WeakKeyDictionary()

    async def of(self, future: "Future[Result]") -> Result:
        """Return the result of a future, or raise its error; one that nobody waits for any more is cancelled.

        Raises
        ------
        TimeoutError
            If it takes too long.
        """
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(loop)
        if waiting is None:
            waiting = self._waiting[loop] = _Waiting(loop, self._patience)
        try:
            await waiting.until_done(future)
        except (asyncio.CancelledError, TimeoutError):
            future.cancel()
            raise
        return future.result()


class _Waiting:
    """Those who wait in one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._call_soon, self._call_later, self._time = loop.call_soon_threadsafe, loop.call_later, loop.time
        self._new = loop.create_future
        self._patience = patience
        self._until: dict[asyncio.Future[None], float] = {}
        """When the patience of each is over, by the clock of the loop, in their order."""
        self._done: deque[asyncio.Future[None]] = deque()
        """Those whose futures are done, and who do not know it yet."""
        self._is_timed = False

    async def until_done(self, future: "Future[Result]") -> None:
        """Wait until a future of another thread is done, be it by an error."""
        waiter = self._new()
        self._until[waiter] = self._time() + self._patience
        future.add_done_callback(partial(self._note, waiter))
        if not self._is_timed:
            self._is_timed = True
            self._call_later(self._patience, self._look)
        try:
            await waiter
        finally:
            del self._until[waiter]

    def _note(self, waiter: "asyncio.Future[None]", _future: "Future[Result]") -> None:
        """Note in the other thread that a future is done."""
        self._done.append(waiter)
        if len(self._done) == 1:  # or the loop is awake, and finds this one too
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._call_soon(self._wake)

    def _wake(self) -> None:
        while self._done:
            waiter = self._done.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _look(self) -> None:
        """Give up those who have waited long enough, and look again when the next one has."""
        now = self._time()
        for waiter, until in self._until.items():
            if until > now:
                self._call_later(until - now, self._look)
                return
            if not waiter.done():
                waiter.set_exception(TimeoutError())
        self._is_timed = False
