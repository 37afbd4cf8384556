"""Connections for the reads of every shelf, kept at hand: a pool takes about as long to lend one as a small read takes.

A kept connection is used as long as it leads to the database that is there now, and no read has failed meanwhile.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from aisle.storage.database.dialects import RECYCLE_SECONDS, QueryText, quick_rows

MOST: Final = 8
"""How many connections are kept: as many as there are threads that fill shelves."""


class _Lent(NamedTuple):
    """A connection, of the pool's too until it is given back to that."""

    connection: PoolProxiedConnection
    database: object
    """Which database it leads to."""
    until: float
    """When it is too old, by the clock of `time.monotonic`."""
    failures: int
    """How many reads had failed when it was opened."""


class KeptConnections:
    """Lends a connection for one read at a time; safe between threads.

    Parameters
    ----------
    engine
        The pool that they come from and go back to.
    identity
        Returns what tells the database from one that took its place.
    most
        How many are kept; 0 where a read leaves a transaction open, which the pool ends.
    """

    def __init__(self, engine: Engine, identity: Callable[[], object], most: int = MOST) -> None:
        self._engine = engine
        self._identity = identity
        self._most = most
        self._free: list[_Lent] = []
        self._failures = 0
        self.seen: object = None
        """Which database was read last."""

    def rows(self, query: QueryText, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query as the driver gives them."""
        lent = self._lend()
        try:
            rows = quick_rows(lent.connection, query, values)
        except BaseException:
            lent.connection.invalidate()  # nobody knows what it still waits for
            raise
        if lent.failures == self._failures and len(self._free) < self._most:
            self._free.append(lent)
        else:
            lent.connection.close()
        return rows

    def _lend(self) -> _Lent:
        self.seen = database = self._identity()
        now = time.monotonic()
        while self._free:
            try:
                lent = self._free.pop()
            except IndexError:  # another thread was quicker
                break
            if lent.failures == self._failures and lent.database == database and now < lent.until:
                return lent
            lent.connection.close()
        return _Lent(self._engine.raw_connection(), database, now + RECYCLE_SECONDS, self._failures)

    def drop(self) -> None:
        """Close what is kept: a read has failed, or nobody will read any more."""
        self._failures += 1
        with suppress(IndexError):
            while True:
                self._free.pop().connection.invalidate()
