"""Which items changed, so that a process may keep the catalogue in memory and read again only what is newer."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_or_update, text_of
from aisle.storage.tables import item_changes, items

NEWEST: Final = ""
"""The id of no item, under which the newest version is stored: a writer locks its row until the transaction ends."""

_SINCE: Final = select(item_changes.c.item_id, item_changes.c.version).where(
    item_changes.c.version > bindparam("version")
)
_ADVANCE: Final = (
    update(item_changes).where(item_changes.c.item_id == NEWEST).values(version=item_changes.c.version + 1)
)
VERSION: Final = select(item_changes.c.version).where(item_changes.c.item_id == NEWEST)
"""The query for the version of the catalogue; it finds nothing before any change."""


class Changes(NamedTuple):
    """What changed since a version of the catalogue."""

    version: int
    """The newest one."""
    item_ids: list[str]


def enter(connection: Connection, item_ids: Iterable[str]) -> None:
    """Enter that some items change with this transaction."""
    version = _advance(connection)
    insert_or_update(connection, item_changes, [(item_id, version) for item_id in item_ids])


def enter_all(connection: Connection) -> None:
    """Enter that every item may have changed, as after a restore; items that are gone have changed, too."""
    version = _advance(connection)
    connection.execute(update(item_changes).values(version=version))
    known = select(item_changes.c.item_id)
    new = connection.execute(select(items.c.item_id).where(items.c.item_id.not_in(known))).scalars()
    insert_or_update(connection, item_changes, [(item_id, version) for item_id in new])


def newest(db: Database) -> int:
    """Return the version of the catalogue; 0 before any change."""
    rows = db.rows(VERSION, {})
    return int(rows[0][0]) if rows else 0


def since(db: Database, version: int) -> Changes:
    """Return which items changed after a version of the catalogue; 0 is older than any change."""
    changed = {text_of(item_id): of_item for item_id, of_item in db.rows(_SINCE, {"version": version})}
    return Changes(max([version, *changed.values()]), [item_id for item_id in changed if item_id != NEWEST])


def _advance(connection: Connection) -> int:
    """Return a new version, once all writers of older ones are done."""
    if connection.execute(_ADVANCE).rowcount == 0:
        connection.execute(insert(item_changes), {"item_id": NEWEST, "version": 1})
    version: int = connection.execute(VERSION).scalar_one()
    return version
