"""The tombstones of erased people: an import, a replay or a restore that would bring one back is refused.

A tombstone is the digest of a user id: only somebody who knows the id can tell whose it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, exists, insert, select, update

from aisle.storage.connection import Database
from aisle.storage.database.dialects import query_text, quick_rows, rows_with
from aisle.storage.digest import digest
from aisle.storage.tables import erased, merged

LOCK: Final = bytes(16)
"""The digest of no id, but of a row to lock: storing shares the lock, erasing and merging hold it alone.

In place of a moment the row counts how often tombstones were added, so that processes see that some were.
"""

_FEW: Final = 500
"""The most people who are looked up by their digests; for more, all tombstones are read."""

_DIGESTS: Final = select(erased.c.digest)
_CHECK: Final = select(erased.c.digest, exists(select(merged.c.user_id)).label("merges"))
_LOCK_ROW: Final = _DIGESTS.where(erased.c.digest == LOCK)
_SHARED_ROW: Final = _LOCK_ROW.with_for_update(read=True)
_TIMES: Final = select(erased.c.created).where(erased.c.digest == LOCK)
_ALL: Final = _DIGESTS.where(erased.c.digest != LOCK)


class Check(NamedTuple):
    """What is known of some ids; until the transaction ends, nobody is erased or merged."""

    erased: set[str]
    any_merged: bool
    """Whether any id at all was merged into another."""


def check(connection: Connection, ids: Collection[str]) -> Check:
    """Look up which of some ids were erased, and whether it is worth asking which were merged."""
    share_lock(connection)
    by_digest = {digest(user_id): user_id for user_id in ids}
    # The row to lock always comes, and with it what there is to know of merges.
    if len(by_digest) <= _FEW:
        rows: Sequence[Sequence[Any]] = rows_with(connection, _CHECK, [LOCK, *by_digest])
    else:
        rows = connection.execute(_CHECK).all()
    return Check({by_digest[key] for key, _ in rows if key in by_digest}, any(merges for _, merges in rows))


def among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of some ids that were erased; until the transaction ends, no other one is."""
    return check(connection, ids).erased


def digests(connection: Connection) -> set[bytes]:
    """Return all tombstones; until the transaction ends, no other one is added."""
    share_lock(connection)
    return set(connection.execute(_ALL).scalars())


def times_added(db: Database) -> int:
    """Return how often tombstones were added: another number than before says that somebody was erased."""
    rows = db.rows(_TIMES, {})
    return int(rows[0][0]) if rows else 0


def all_digests(db: Database) -> set[bytes]:
    """Return all tombstones at this moment."""
    return {bytes(digest) for (digest,) in db.rows(_ALL, {})}


def share_lock(connection: Connection) -> None:
    """Keep everybody from erasing and merging until the transaction ends."""
    # A statement of its own: only a query after the wait sees what whoever erased or merged has left.
    quick_rows(connection.connection, query_text(connection.dialect, _SHARED_ROW), {})


def lock(connection: Connection) -> None:
    """Wait until everybody who is storing is done; nobody stores until the transaction ends."""
    connection.execute(_LOCK_ROW.with_for_update()).all()


def bury(connection: Connection, ids: Iterable[str], created: int) -> None:
    """Leave tombstones, once everybody who is storing is done; nobody stores until the transaction ends."""
    lock(connection)
    add(connection, {digest(user_id): created for user_id in ids})


def add(connection: Connection, tombstones: Mapping[bytes, int]) -> None:
    """Add tombstones with the moments at which they were made; those that exist stay as they are."""
    known = set(connection.execute(_DIGESTS).scalars())
    new = [{"digest": key, "created": created} for key, created in tombstones.items() if key not in known]
    if new:
        connection.execute(insert(erased), new)
        connection.execute(update(erased).where(erased.c.digest == LOCK).values(created=erased.c.created + 1))
