"""The interactions table: the user–item pairs that models learn from, for the shop's analysts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from aisle.storage.by_user import remove_older, replace_rows
from aisle.storage.connection import Database
from aisle.storage.tables import events, interactions


def replace(db: Database, user_ids: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Replace the pairs of some users, as `by_user.replace_rows` does."""
    return replace_rows(db, interactions, user_ids, rows)


def forget_older(db: Database, created: int) -> int:
    """Remove pairs that were computed before a moment: those of users whom a training no longer knows."""
    return remove_older(db, interactions, created)


def forget_pairs(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Remove the pairs of some events, which are about to change or go, until the next training computes them anew."""
    pairs = select(events.c.user_id, events.c.item_id).where(condition)
    pair = tuple_(interactions.c.user_id, interactions.c.item_id)
    connection.execute(delete(interactions).where(pair.in_(pairs)))


def count(db: Database) -> int:
    """Return how many pairs there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(interactions)).scalar_one()
