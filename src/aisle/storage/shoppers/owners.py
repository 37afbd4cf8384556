"""Whose each row is that comes in: what an erased person left is refused, a merged id becomes the known user's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from aisle.shop.columns import USER_ID
from aisle.storage.database.dialects import writable
from aisle.storage.shoppers import erased, identities
from aisle.storage.tables import users

Row = tuple[Any, ...]


def under_owners(connection: Connection, table: Table, rows: Sequence[Row]) -> Sequence[Row | None]:
    """Return each row with the id of the person whose it is, or None where that person was erased.

    In a table with `came_as`, a row gets the id under which it came in, if that is another one, at its end; attributes
    stay under the id under which they came. Until the transaction ends, nobody else is erased or merged.

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
    if table is users:
        return [None if row[place] in gone or known.get(row[place]) in gone else row for row in rows] if gone else rows
    if not gone and not known:
        return [(*row, None) for row in rows]
    return [_under_owner(row, place, gone, known) for row in rows]


def _under_owner(row: Row, place: int, gone: Collection[str], known: Mapping[str, str]) -> Row | None:
    came_as = row[place]
    user = known.get(came_as, came_as)
    if came_as in gone or user in gone:
        return None
    return (*row, None) if user == came_as else (*row[:place], user, *row[place + 1 :], came_as)
