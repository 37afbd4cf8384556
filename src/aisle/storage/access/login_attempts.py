"""Lockout: after some failed logins under a name or from an address, each further one has to wait twice as long.

It is counted in the database, so that it holds for every process, and for names that do not exist too, so that nobody
learns which do. Neither names nor addresses are stored, as people type passwords into the wrong field.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from aisle.shop.moments import DAY, SECOND, now
from aisle.storage.access.credentials import failed_logins, signing_keys
from aisle.storage.access.signing_key import signing_key
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_new

FREE_OF_NAME: Final = 5
"""How often logging in under a name may fail before it has to wait."""

FREE_OF_ADDRESS: Final = 50
"""The same for an address, which many people may share."""

LONGEST_WAIT: Final = 15 * 60
"""The most seconds."""

FORGOTTEN: Final = DAY
"""After how long without a failure all of them are forgotten."""


def count(db: Database, name: str, address: str) -> int:
    """Count an attempt as failed, before its password is looked at: of many at once, none is overlooked.

    Returns
    -------
    How many seconds this one has to wait; then it is not counted. 0: it may go on.
    """
    digests = _Digests(db)
    free = {digests.of_name(name): FREE_OF_NAME, digests.of_address(address): FREE_OF_ADDRESS}
    these, moment = failed_logins.c.digest.in_(free), now()
    known = select(failed_logins).where(these)
    with db.read() as connection:  # most of those who have to wait cost no write
        if wait := _seconds_to_wait(connection.execute(known).all(), free, moment):
            return wait
    with _one_at_a_time(db) as connection:
        if wait := _seconds_to_wait(connection.execute(known).all(), free, moment):
            return wait
        connection.execute(delete(failed_logins).where(failed_logins.c.last < moment - FORGOTTEN))
        insert_new(connection, failed_logins, [(digest, 0, moment) for digest in free])
        connection.execute(
            update(failed_logins).where(these).values(failures=failed_logins.c.failures + 1, last=moment)
        )
    return 0


def forgive(db: Database, name: str, address: str) -> None:
    """Take back the attempt that was counted last, as it succeeded, and forget those before it under this name."""
    digests = _Digests(db)
    of_address = failed_logins.c.digest == digests.of_address(address)
    with _one_at_a_time(db) as connection:
        connection.execute(delete(failed_logins).where(failed_logins.c.digest == digests.of_name(name)))
        connection.execute(update(failed_logins).where(of_address).values(failures=failed_logins.c.failures - 1))


def forget(db: Database, name: str) -> None:
    """Forget what failed under a name."""
    of_name = failed_logins.c.digest == _Digests(db).of_name(name)
    with _one_at_a_time(db) as connection:
        connection.execute(delete(failed_logins).where(of_name))


@contextmanager
def _one_at_a_time(db: Database) -> Iterator[Connection]:
    """Lend a connection for one transaction; others wait with theirs, so that attempts are counted one by one."""
    with db.write() as connection:
        connection.execute(select(signing_keys.c.name).with_for_update()).all()
        yield connection


def _seconds_to_wait(rows: Sequence[Row[Any]], free: Mapping[bytes, int], moment: int) -> int:
    until = max((row.last + _wait(row.failures - free[row.digest]) for row in rows), default=0)
    return ceil(max(until - moment, 0) / SECOND)


def _wait(failures: int) -> int:
    """Return the microseconds to wait after so many failures past the free ones."""
    return 0 if failures < 0 else min(2 ** min(failures, 30), LONGEST_WAIT) * SECOND


class _Digests:
    """What stands for names and addresses, which cannot be guessed without the shop's own key."""

    def __init__(self, db: Database) -> None:
        self._key = signing_key(db)

    def of_name(self, name: str) -> bytes:
        return self._of("name", name)

    def of_address(self, address: str) -> bytes:
        return self._of("address", address)

    def _of(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{kind} {value}".encode(), sha256)
