"""The interactions table: the user–item pairs that models learn from, for the shop's analysts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select

from aisle.storage import erased
from aisle.storage.connection import Database
from aisle.storage.dialects import insert_all
from aisle.storage.parts import parts
from aisle.storage.tables import interactions


def replace(db: Database, user_ids: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Replace the pairs of some shoppers in one transaction, and return how many they have now.

    A reader finds a shopper's old pairs or the new ones, never some of both. Erased people get none.

    Parameters
    ----------
    user_ids
        Whose pairs to replace; shoppers without rows have none from then on.
    rows
        In the order of `shop.columns.INTERACTIONS`.

    Raises
    ------
    StorageError
        If the database refuses; then the old pairs stay.
    """
    with db.write() as connection:
        gone = erased.among(connection, set(user_ids))
        for part in parts(user_ids):
            connection.execute(delete(interactions).where(interactions.c.user_id.in_(part)))
        kept = [row for row in rows if row[0] not in gone] if gone else rows
        insert_all(connection, interactions, kept)
    return len(kept)


def forget_older(db: Database, created: int) -> int:
    """Remove pairs that were computed before a moment: those of shoppers whom a training no longer knows."""
    with db.write() as connection:
        return connection.execute(delete(interactions).where(interactions.c.created < created)).rowcount


def count(db: Database) -> int:
    """Return how many pairs there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(interactions)).scalar_one()
