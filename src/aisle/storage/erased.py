"""The tombstones of erased people: whatever tries to bring one back, an import, a replay or a restore, is refused.

A tombstone is the digest of a user id, which tells who is meant only to somebody who knows the id already.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from aisle.shop.columns import TABLES, USER_ID
from aisle.storage.digest import digest
from aisle.storage.tables import erased

GATE: Final = bytes(16)
"""No id's digest, but a row: whoever stores holds it together with others, whoever erases holds it alone."""

_FEW: Final = 500
"""As many people are asked for by their digests; for more, all tombstones are read."""

_DIGESTS: Final = select(erased.c.digest)
_GATE_ROW: Final = _DIGESTS.where(erased.c.digest == GATE)


def among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return which of some ids are those of erased people; none of the others is erased before the transaction ends."""
    _share(connection)
    wanted = {digest(one): one for one in ids}
    asked = _DIGESTS.where(erased.c.digest.in_(wanted)) if len(wanted) <= _FEW else _DIGESTS
    return {wanted[found] for found in connection.execute(asked).scalars() if found in wanted}


def digests(connection: Connection) -> set[bytes]:
    """Return all tombstones; there will be no others before the transaction ends."""
    _share(connection)
    return set(connection.execute(_DIGESTS.where(erased.c.digest != GATE)).scalars())


def _share(connection: Connection) -> None:
    # A statement of its own: only a question that is asked after the wait sees what whoever erased has left.
    connection.execute(_GATE_ROW.with_for_update(read=True)).all()


def living(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """Return the rows that are not those of erased people.

    Parameters
    ----------
    rows
        Tuples in the order of the table's columns in `shop.columns`.
    """
    return list(compress(rows, lives(connection, table, rows)))


def lives(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[bool]:
    """Tell of each row, as `living` takes them, whether it is not an erased person's."""
    names = list(TABLES[table.name])
    if USER_ID not in names:
        return [True] * len(rows)
    place = names.index(USER_ID)
    gone = among(connection, {row[place] for row in rows if row[place] is not None})
    return [row[place] not in gone for row in rows]


def bury(connection: Connection, ids: Iterable[str], created: int) -> None:
    """Leave tombstones, once everybody who stores just now is done; nobody stores until the transaction ends."""
    alone(connection)
    add(connection, {digest(one): created for one in ids})


def alone(connection: Connection) -> None:
    """Wait until everybody who stores just now is done; nobody stores until the transaction ends."""
    connection.execute(_GATE_ROW.with_for_update()).all()


def add(connection: Connection, tombstones: Mapping[bytes, int]) -> None:
    """Add tombstones with the moments at which they were made; those that are there stay as they are."""
    known = set(connection.execute(_DIGESTS).scalars())
    new = [{"digest": key, "created": created} for key, created in tombstones.items() if key not in known]
    if new:
        connection.execute(insert(erased), new)
