"""An import taken back: the rows that it stored are removed, and what it changed of others is as before.

Where a later import changed a row too, its word stands: a row that it repaired stays, and so does a field that it set.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Row, Table, bindparam, delete, func, or_, select, update

from aisle.shop.columns import USER_ID
from aisle.shop.errors import InputError
from aisle.storage.catalogue import item_changes
from aisle.storage.catalogue.items import track
from aisle.storage.connection import Database
from aisle.storage.log import event_changes, imports, interactions
from aisle.storage.log.repair import Changed, write
from aisle.storage.parts import PART, parts
from aisle.storage.rows import Change, transact
from aisle.storage.shelves import changed_days
from aisle.storage.shoppers import erased
from aisle.storage.tables import events, import_changes, items, reviews, row_columns, users

_TABLES: Final = (events, reviews, items, users)

_KEYS: Final[dict[Table, Column[Any]]] = {
    events: import_changes.c.row_seq,
    reviews: import_changes.c.row_seq,
    items: import_changes.c.row_id,
    users: import_changes.c.user_id,
}
"""What tells the row of a change; that of a user, after a merge too."""


class Taken(NamedTuple):
    """What was taken back in a table."""

    removed: int
    """Rows that the import stored."""
    restored: int
    """Rows that it changed, and that are as before."""
    kept: int
    """Rows that were changed again since, and stay as they are."""


def undo(db: Database, number: int) -> dict[str, Taken]:
    """Take an import back in one transaction, and return what that came to in each table.

    Rows that were merged into another user are found, those that were erased or deleted are gone.

    Raises
    ------
    NotFound
        If there is no such import.
    InputError
        If it was undone before, or is too old.
    StorageError
        If the database refuses; then nothing has changed.
    """
    return transact(db, lambda connection: _undo(connection, number))


def _undo(connection: Connection, number: int) -> dict[str, Taken]:
    row = imports.get_within(connection, number, lock=True)
    if row.undone is not None:
        raise InputError(imports.undone_sentence(row))
    if number <= imports.newest_forgotten(connection):
        raise InputError(
            f"import {number} is older than {imports.KEPT_DAYS} days, so what it changed of other rows is no longer "
            "known; aisle events delete removes events by time, kind, user or item"
        )
    erased.lock(connection)
    changed = select(import_changes.c.row_seq).where(_of(events, number))
    concerned = or_(events.c.import_number == number, events.c.seq.in_(changed))
    interactions.forget_pairs(connection, concerned)
    changed_days.mark(connection, concerned)
    blocks = event_changes.blocks_of(connection, events.c.import_number == number)
    taken = {table.name: _take_back(connection, table, number) for table in _TABLES}
    connection.execute(delete(import_changes).where(import_changes.c.import_number == number))
    imports.mark_undone(connection, number)
    event_changes.enter(connection, blocks)
    return {name: some for name, some in taken.items() if any(some)}


def _of(table: Table, number: int) -> Any:
    return (import_changes.c.table_name == table.name) & (import_changes.c.import_number == number)


def _take_back(connection: Connection, table: Table, number: int) -> Taken:
    handed_on = _hand_on(connection, table, number)
    if table is items:
        (key,) = items.primary_key.columns
        gone = connection.execute(select(key).where(items.c.import_number == number)).scalars().all()
        if gone:
            item_changes.enter(connection, gone)
    removed = connection.execute(delete(table).where(table.c.import_number == number)).rowcount
    restored = kept = 0
    for changes in _changes(connection, table, number):
        back, found = _restore(connection, table, number, changes)
        restored, kept = restored + back, kept + found - back
    return Taken(removed, restored, handed_on + kept)


def _hand_on(connection: Connection, table: Table, number: int) -> int:
    """Give rows that the import stored and a later one changed to that one, and return how many."""
    (key,), change_key = table.primary_key.columns, _KEYS[table]
    later = (import_changes.c.table_name == table.name) & (import_changes.c.import_number > number)
    stored = select(key).where(table.c.import_number == number)
    query = select(change_key, func.min(import_changes.c.import_number)).where(later, change_key.in_(stored))
    heirs: dict[int, list[Any]] = {}
    for row_key, heir in connection.execute(query.group_by(change_key)):
        heirs.setdefault(heir, []).append(row_key)
    for heir, keys in heirs.items():
        for some in parts(keys):
            connection.execute(update(table).where(key.in_(some)).values(import_number=heir))
            connection.execute(delete(import_changes).where(_of(table, heir), change_key.in_(some)))
    return sum(map(len, heirs.values()))


class _Entry:
    """A change that an import made."""

    def __init__(self, row: Row[Any]) -> None:
        self.seq = row.seq
        self.user_id = row.user_id
        self.came_as = row.came_as
        self.fields: dict[str, list[Any]] = msgspec.json.decode(row.fields)


def _changes(connection: Connection, table: Table, number: int) -> Iterator[list[tuple[Any, _Entry]]]:
    """Yield what an import changed in a table, with the keys of the rows, last change first."""
    query = select(import_changes, _KEYS[table].label("key")).where(_of(table, number))
    last = None
    while True:
        before = query if last is None else query.where(import_changes.c.seq < last)
        rows = connection.execute(before.order_by(import_changes.c.seq.desc()).limit(PART)).all()
        if not rows:
            return
        last = rows[-1].seq
        yield [(row.key, _Entry(row)) for row in rows if row.key is not None]


def _restore(
    connection: Connection, table: Table, number: int, changes: Sequence[tuple[Any, _Entry]]
) -> tuple[int, int]:
    """Restore rows, and return how many are changed by it, and how many of them exist."""
    names = row_columns(table)
    keys = list({key for key, _ in changes})
    stored, later = _stored(connection, table, keys), _later(connection, table, number, keys)
    rows = dict(stored)
    rewritten: dict[int, _Entry] = {}
    for key, entry in changes:
        if key not in rows:
            continue
        row = list(rows[key])
        for name, (old, new) in entry.fields.items():
            place = names.index(name)
            heir = next((one for one in later.get(key, ()) if name in one.fields), None)
            if heir is not None:
                heir.fields[name][0], rewritten[heir.seq] = old, heir
                if name == USER_ID:
                    heir.user_id, heir.came_as = entry.user_id, entry.came_as
            elif name == USER_ID:
                row[place], row[-1] = entry.user_id, entry.came_as
            elif row[place] == new:
                row[place] = old
        rows[key] = tuple(row)
    restored = [Changed(key, stored[key], row) for key, row in rows.items() if row != stored[key]]
    write(connection, table, restored, None)
    if table is items:
        track(connection, [Change(one.after, one.before, one.after) for one in restored])
    _rewrite(connection, list(rewritten.values()))
    return len(restored), len(stored)


def _stored(connection: Connection, table: Table, keys: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
    (key,) = table.primary_key.columns
    rows = connection.execute(select(key, *(table.c[name] for name in row_columns(table))).where(key.in_(keys)))
    return {row_key: tuple(row) for row_key, *row in rows}


def _later(connection: Connection, table: Table, number: int, keys: Sequence[Any]) -> dict[Any, list[_Entry]]:
    """Return what later imports changed of some rows, oldest change first."""
    key = _KEYS[table]
    query = select(import_changes, key.label("key")).where(
        import_changes.c.table_name == table.name, import_changes.c.import_number > number, key.in_(keys)
    )
    found: dict[Any, list[_Entry]] = {}
    for row in connection.execute(query.order_by(import_changes.c.seq)):
        found.setdefault(row.key, []).append(_Entry(row))
    return found


def _rewrite(connection: Connection, entries: Sequence[_Entry]) -> None:
    """Enter for later changes what the rows now were before them."""
    if entries:
        changed = update(import_changes).where(import_changes.c.seq == bindparam("number"))
        values: dict[str, Any] = {
            "fields": bindparam("told"),
            "user_id": bindparam("whose"),
            "came_as": bindparam("came"),
        }
        rows = [
            {
                "number": one.seq,
                "told": msgspec.json.encode(one.fields).decode(),
                "whose": one.user_id,
                "came": one.came_as,
            }
            for one in entries
        ]
        connection.execute(changed.values(values), rows)
