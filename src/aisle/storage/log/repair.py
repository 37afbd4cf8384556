"""Rows of an import that are stored already, under this id or another: duplicates, or better known now."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import Connection, Table, select

from aisle.shop.columns import EVENT, USER_ID
from aisle.storage.database.dialects import insert_all, update_rows
from aisle.storage.digest import digest
from aisle.storage.log import event_changes
from aisle.storage.log.imports import Origin
from aisle.storage.parts import parts
from aisle.storage.shelves import changed_days
from aisle.storage.tables import events, import_changes, row_columns, users

Row: TypeAlias = tuple[Any, ...]

Key: TypeAlias = int | str
"""A row's number, or its id in tables without numbers."""


class Unclear(NamedTuple):
    """A row that could be one of several stored ones."""

    row: Row
    ids: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it was left out, for people."""
        return (
            f"{len(self.ids)} stored rows could be this one, {' and '.join(self.ids)}, so none was repaired; "
            "take one back with aisle imports undo or aisle events delete, and import again"
        )


class Settled(NamedTuple):
    """What became of rows that may be stored already."""

    new: list[Row]
    duplicate: int
    repaired: int
    unclear: list[Unclear]


class Changed(NamedTuple):
    """A stored row that changes: its key, and its `row_columns` before and after."""

    key: Key
    before: Row
    after: Row


def settle(
    connection: Connection, table: Table, rows: Sequence[Row], aliases: Sequence[Sequence[str | None]], origin: Origin
) -> Settled:
    """Repair the stored rows that are the same as some of these, and say which are new.

    A field that is given replaces the stored one; an empty one keeps it. The id stays.

    Parameters
    ----------
    aliases
        Other ids of each row, or None; a row that is told by its own id, and not by its fields, has this among them.
    """
    keys = [digest(row[0]) for row in rows]
    others = [[digest(alias) for alias in some if alias is not None] for some in aliases]
    stored = _stored(connection, table, {*keys, *chain.from_iterable(others)})
    first: dict[int, Row] = {}
    settled = Settled([], 0, 0, [])
    duplicate = 0
    for row, key, other in zip(rows, keys, others, strict=True):
        if key in stored and key not in other:
            duplicate += 1  # told by its fields: they are the same
            continue
        matches = {found: stored[found] for found in other if found in stored}
        if not matches:
            settled.new.append(row)
            continue
        mended = {found: (seq, _mended(before, row, table, origin)) for found, (seq, before) in matches.items()}
        changed = [found for found in mended if mended[found] != matches[found]]
        if not changed:
            duplicate += 1
        elif len(matches) > 1:
            settled.unclear.append(Unclear(row[:-1], tuple(before[0] for _, before in matches.values())))
        else:
            seq, before = matches[changed[0]]
            first.setdefault(seq, before)
            stored[changed[0]] = mended[changed[0]]
    after = {seq: row for seq, row in stored.values() if seq in first}
    write(connection, table, [Changed(seq, first[seq], after[seq]) for seq in first], origin.number)
    return settled._replace(duplicate=duplicate, repaired=len(first))


def write(connection: Connection, table: Table, changes: Sequence[Changed], number: int | None) -> None:
    """Change stored rows, and remember what they were if an import changes them."""
    names, by_number = row_columns(table), "seq" in table.c
    _mark_days(connection, table, changes)
    by_fields: dict[tuple[str, ...], list[Row]] = {}
    for change in changes:
        fields = tuple(name for name, old, new in zip(names, change.before, change.after, strict=True) if old != new)
        key = (change.key, digest(change.after[0])) if by_number else ()
        by_fields.setdefault(fields, []).append((*key, *change.after))
    for fields, rows in by_fields.items():
        update_rows(connection, table, fields, ["seq", "digest", *names] if by_number else names, rows)
    _mark_days(connection, table, changes)
    remember(connection, table, changes, number)
    if table is events:
        event_changes.enter(connection, {int(change.key) // event_changes.BLOCK for change in changes})


def _mark_days(connection: Connection, table: Table, changes: Sequence[Changed]) -> None:
    """Note the days of events that are about to change, and those that they came to."""
    if table is events:
        for some in parts([change.key for change in changes]):
            changed_days.mark(connection, events.c.seq.in_(some))


def remember(connection: Connection, table: Table, changes: Sequence[Changed], number: int | None) -> None:
    """Enter what an import changes of stored rows, so that it can be taken back."""
    if number is None or not changes:
        return
    names = row_columns(table)
    insert_all(connection, import_changes, [(number, table.name, *_entry(table, names, change)) for change in changes])


def _entry(table: Table, names: Sequence[str], change: Changed) -> Row:
    """Return a change as it is stored: the row's number or id, whose it was, and its fields."""
    changed = zip(names, change.before, change.after, strict=True)
    fields = {name: [old, new] for name, old, new in changed if old != new}
    owner, came_as = change.key if table is users else None, None
    fields.pop("came_as", None)
    if USER_ID in fields:  # in its own column it can be erased and merged
        owner, came_as, fields[USER_ID] = fields[USER_ID][0], change.before[-1], [None, None]
    told = (owner, came_as, msgspec.json.encode(fields).decode())
    return (change.key, None, *told) if isinstance(change.key, int) else (None, change.key, *told)


def _stored(connection: Connection, table: Table, digests: Iterable[bytes]) -> dict[bytes, tuple[int, Row]]:
    """Return the number and the columns of the rows with these digests, and keep others from changing them."""
    query = select(table.c.digest, table.c.seq, *(table.c[name] for name in row_columns(table)))
    found: dict[bytes, tuple[int, Row]] = {}
    for some in parts(sorted(digests)):
        rows = connection.execute(query.where(table.c.digest.in_(some)).order_by(table.c.seq).with_for_update())
        found.update((bytes(key), (seq, tuple(row))) for key, seq, *row in rows)
    return found


def _mended(before: Row, given: Row, table: Table, origin: Origin) -> tuple[Any, ...]:
    """Return a stored row with what is given, under its old id."""
    names = row_columns(table)
    kept = {0} if origin.says_kind or EVENT not in names else {0, names.index(EVENT)}
    mended = tuple(
        old if new is None or place in kept else new for place, (old, new) in enumerate(zip(before, given, strict=True))
    )
    place = names.index(USER_ID)
    # The last column, `came_as`, goes with the user.
    return (*mended[:-1], before[-1] if mended[place] == before[place] else given[-1])
