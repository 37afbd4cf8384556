"""Whose each row is that comes in: what an erased person left is refused, a merged id becomes the known user's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from aisle.shop.columns import USER_ID
from aisle.storage import erased, identities
from aisle.storage.dialects import writable
from aisle.storage.parts import parts
from aisle.storage.tables import users

Row = tuple[Any, ...]


def under_owners(connection: Connection, table: Table, rows: Sequence[Row]) -> Sequence[Row | None]:
    """Return each row with the id of the person whose it is, or None where that person was erased.

    Until the transaction ends, nobody else is erased or merged.

    Parameters
    ----------
    rows
        Tuples in the order of the table's columns in `shop.columns`.
    """
    names = [name for name in writable(table) if name != "digest"]
    if USER_ID not in names:
        return rows
    place = names.index(USER_ID)
    ids = {row[place] for row in rows} - {None}
    gone, any_merged = erased.check(connection, ids)
    known = identities.known_users(connection, ids) if any_merged else {}
    if known:
        gone |= erased.among(connection, set(known.values()))
    if not gone and not known:
        return rows
    if table is users:
        rows = _without_lesser_attributes(connection, rows, known)
    return [_under_owner(row, place, gone, known) for row in rows]


def _under_owner(row: Row, place: int, gone: Collection[str], known: Mapping[str, str]) -> Row | None:
    user = known.get(row[place], row[place])
    if row[place] in gone or user in gone:
        return None
    return row if user == row[place] else (*row[:place], user, *row[place + 1 :])


def _without_lesser_attributes(connection: Connection, rows: Sequence[Row], known: Mapping[str, str]) -> Sequence[Row]:
    """Return rows of users, those under merged ids empty where the known user has attributes of their own."""
    own = {row[0] for row in rows}
    for some in parts(list(known.values())):
        own.update(connection.execute(select(users.c.user_id).where(users.c.user_id.in_(some))).scalars())
    return [(row[0], None) if known.get(row[0]) in own else row for row in rows]
