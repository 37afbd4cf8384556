"""Impressions, written behind the answer: one bounded queue and one thread for a process.

A shelf never waits for its impression. Where the database cannot keep up, impressions are shed and counted.
"""

import logging
import threading
from collections import deque
from typing import Final

from aisle.shop.errors import StorageError
from aisle.storage.connection import Database
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression

CAPACITY: Final = 10_000
"""How many shelves may wait; what comes then is shed."""

COMMIT_SHELVES: Final = 500
"""How many shelves share a commit."""

PAUSE_SECONDS: Final = 0.25
"""How long shelves gather before a commit: nobody waits for it, and events have the disk meanwhile."""

_log = logging.getLogger(__name__)


class ImpressionLog:
    """Stores the shelves that the threads of a process serve.

    Parameters
    ----------
    db
        The shop's database; whoever opened it closes it, after the log.
    capacity
        How many shelves may wait.

    Attributes
    ----------
    stored, shed
        How many shelves were stored, and how many were not.
    """

    def __init__(self, db: Database, *, capacity: int = CAPACITY) -> None:
        self._db = db
        self._capacity = capacity
        self._waiting: deque[Impression] = deque()
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.stored = 0
        self.shed = 0

    def add(self, impression: Impression) -> None:
        """Take a shelf to be stored, or shed it."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._capacity:
                self.shed += 1
                return
            self._waiting.append(impression)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="aisle-impressions", daemon=True)
                self._thread.start()
            # Not for every shelf: each time the thread is woken, a request waits for its turn at Python.
            if len(self._waiting) in (1, COMMIT_SHELVES):
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many shelves wait for their commit."""
        return len(self._waiting)

    def close(self) -> None:
        """Take no more shelves, and return when those that wait are stored or shed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while served := self._next():
            try:
                impressions.add(self._db, served)
            except StorageError as error:
                _log.warning("%d impressions are lost: %s", len(served), error)
                self.shed += len(served)
            else:
                self.stored += len(served)

    def _next(self) -> list[Impression]:
        """Wait for shelves, let some gather, and take them; none once the log is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: len(self._waiting) >= COMMIT_SHELVES or self._closed, PAUSE_SECONDS)
            return [self._waiting.popleft() for _ in range(min(COMMIT_SHELVES, len(self._waiting)))]
