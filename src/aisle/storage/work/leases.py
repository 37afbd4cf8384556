"""Leases: who alone may do something. A holder says now and then that it lives; one that stays silent loses the lease.

Clocks only decide when a silent holder is given up. That nobody publishes twice is the token's doing: it is checked in
the transaction that publishes (Kleppmann, How to do distributed locking, 2016, calls it a fencing token).
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from aisle.shop.errors import Busy, Overtaken, Refused, StorageError
from aisle.shop.moments import SECOND, from_moment, now
from aisle.storage.connection import Database
from aisle.storage.rows import transact
from aisle.storage.tables import leases

SILENCE: Final = 30
"""After so many seconds without a sign of life a holder is given up."""

_SIGN_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


class Lease(NamedTuple):
    """The right to do something alone."""

    name: str
    holder: str
    token: int


@contextmanager
def held(db: Database, name: str, silence: float = SILENCE) -> Iterator[Lease]:
    """Hold a lease while a block runs, and give signs of life.

    Raises
    ------
    Busy
        If somebody else holds it.
    """
    lease = take(db, name, silence)
    done = threading.Event()
    thread = threading.Thread(target=_live, args=(db, lease, silence, done), name=f"aisle-lease-{name}", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        done.set()
        thread.join()
        give_back(db, lease)


def take(db: Database, name: str, silence: float = SILENCE) -> Lease:
    """Take a lease, as the first or after a holder that was silent for too long.

    Raises
    ------
    Busy
        If somebody else holds it.
    """
    holder = f"{socket.gethostname()}, process {os.getpid()}, {secrets.token_hex(4)}"

    def work(connection: Connection) -> Lease:
        row = _locked(connection, name)
        moment = now()
        if row is not None and row.expires > moment:
            raise Busy(_taken(row, name, moment))
        token = 1 if row is None else row.token + 1
        values = {"holder": holder, "token": token, "since": moment, "expires": moment + round(silence * SECOND)}
        if row is None:
            connection.execute(insert(leases).values(name=name, **values))
        else:
            connection.execute(update(leases).where(leases.c.name == name).values(values))
        return Lease(name, holder, token)

    try:
        return transact(db, work)
    except Refused:  # another process entered the name first
        return transact(db, work)


def sign(db: Database, lease: Lease, silence: float = SILENCE) -> bool:
    """Say that the holder lives; return whether it still holds the lease."""
    expires = now() + round(silence * SECOND)

    def work(connection: Connection) -> bool:
        return connection.execute(_own(lease).values(expires=expires)).rowcount > 0

    return transact(db, work)


def check(connection: Connection, lease: Lease) -> None:
    """Make sure in a transaction that nobody has taken over, nor can before it ends.

    Raises
    ------
    Overtaken
        If somebody has.
    """
    row = _locked(connection, lease.name)
    if row is None or row.token != lease.token:
        raise Overtaken(
            f"this {lease.name} stood still for so long that another process took over; it publishes nothing"
        )


def give_back(db: Database, lease: Lease) -> None:
    """Let others take the lease, if it was not taken already; without the database it is given up in time."""
    try:
        transact(db, lambda connection: connection.execute(_own(lease).values(expires=0)))
    except StorageError as error:
        _log.warning("the lease %r was not given back: %s", lease.name, error)


def holder(db: Database, name: str) -> str | None:
    """Return who holds a lease, or None."""
    with db.read() as connection:
        row = connection.execute(select(leases).where(leases.c.name == name, leases.c.expires > now())).first()
    return None if row is None else str(row.holder)


def _live(db: Database, lease: Lease, silence: float, done: threading.Event) -> None:
    while not done.wait(min(_SIGN_SECONDS, silence / 4)):
        try:
            if not sign(db, lease, silence):
                _log.warning("the lease %r was taken over by another process", lease.name)
                return
        except StorageError as error:
            _log.warning("no sign of life for the lease %r: %s", lease.name, error)


def _locked(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(leases).where(leases.c.name == name).with_for_update()).first()


def _own(lease: Lease) -> Any:
    return update(leases).where(leases.c.name == lease.name, leases.c.token == lease.token)


def _taken(row: Row[Any], name: str, moment: int) -> str:
    left = -(-(row.expires - moment) // SECOND)
    return (
        f"another {name} runs since {from_moment(row.since):%H:%M} UTC ({row.holder}); wait for its end, "
        f"or {left} seconds if that process is dead"
    )
