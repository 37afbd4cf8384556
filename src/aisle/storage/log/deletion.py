"""Events deleted by time, kind, user or item: counted first, then removed in one transaction."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from aisle.shop.errors import InputError
from aisle.storage.connection import Database
from aisle.storage.log import event_changes, interactions
from aisle.storage.rows import transact
from aisle.storage.shelves import changed_days
from aisle.storage.shoppers import identities
from aisle.storage.tables import events, import_changes


class Which(NamedTuple):
    """Which events: those to which all that is given applies."""

    since: int | None = None
    until: int | None = None
    """Up to this moment, not including it."""
    kinds: Sequence[str] = ()
    """Any of these; empty: of every kind."""
    user_id: str | None = None
    """An id that was merged stands for the known user."""
    item_id: str | None = None


class Found(NamedTuple):
    """What is deleted."""

    events: int
    users: int
    items: int
    first: int | None
    """The moment of the first one, in microseconds."""
    last: int | None
    kinds: dict[str, int]
    """How many of each kind."""


def count(db: Database, which: Which) -> Found:
    """Count what `remove` would delete.

    Raises
    ------
    InputError
        If nothing says which events.
    """
    with db.snapshot() as connection:
        return _found(connection, _condition(connection, which))


def remove(db: Database, which: Which) -> Found:
    """Delete events, and the interactions that rest on them; an import of the same rows brings them back.

    Raises
    ------
    InputError
        If nothing says which events.
    StorageError
        If the database refuses; then nothing is deleted.
    """
    return transact(db, lambda connection: _remove(connection, which))


def _remove(connection: Connection, which: Which) -> Found:
    condition = _condition(connection, which)
    found = _found(connection, condition)
    interactions.forget_pairs(connection, condition)
    changed_days.mark(connection, condition)
    changed = select(events.c.seq).where(condition)
    of_events = import_changes.c.table_name == events.name
    connection.execute(delete(import_changes).where(of_events, import_changes.c.row_seq.in_(changed)))
    blocks = event_changes.blocks_of(connection, condition)
    removed = connection.execute(delete(events).where(condition)).rowcount
    event_changes.enter(connection, blocks)
    return found._replace(events=removed)


def _condition(connection: Connection, which: Which) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if which.since is not None:
        conditions.append(events.c.timestamp >= which.since)
    if which.until is not None:
        conditions.append(events.c.timestamp < which.until)
    if which.kinds:
        conditions.append(events.c.event.in_(which.kinds))
    if which.user_id is not None:
        known = identities.known_users(connection, [which.user_id]).get(which.user_id, which.user_id)
        conditions.append(events.c.user_id == known)
    if which.item_id is not None:
        conditions.append(events.c.item_id == which.item_id)
    if not conditions:
        raise InputError("say which events to delete: by time, kind, user or item")
    return and_(*conditions)


def _found(connection: Connection, condition: ColumnElement[bool]) -> Found:
    column: Any = events.c
    summary = select(
        func.count(),
        func.count(column.user_id.distinct()),
        func.count(column.item_id.distinct()),
        func.min(column.timestamp),
        func.max(column.timestamp),
    ).where(condition)
    kinds = (
        select(column.event, func.count().label("rows")).where(condition).group_by(column.event).order_by(column.event)
    )
    rows, users, items, first, last = connection.execute(summary).one()
    by_kind = {row.event: row.rows for row in connection.execute(kinds)}
    return Found(rows, users, items, first, last, by_kind)
