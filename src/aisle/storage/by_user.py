"""Tables of computed rows, replaced for some users at a time: a reader finds a user's old rows or the new ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete

from aisle.shop.columns import CREATED, USER_ID
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_all
from aisle.storage.parts import parts
from aisle.storage.shoppers import erased


def replace_rows(
    db: Database, table: Table, user_ids: Sequence[str], rows: Sequence[tuple[Any, ...]], *where: ColumnElement[bool]
) -> int:
    """Replace the rows of some users in one transaction, and return how many they have now; erased people get none.

    Parameters
    ----------
    user_ids
        Whose rows to replace; users without new rows have none from then on.
    rows
        In the order of the table's columns, the user first.
    where
        Conditions on the rows to replace.

    Raises
    ------
    StorageError
        If the database refuses; then the old rows stay.
    """
    with db.write() as connection:
        gone = erased.among(connection, set(user_ids))
        for some in parts(user_ids):
            connection.execute(delete(table).where(table.c[USER_ID].in_(some), *where))
        kept = [row for row in rows if row[0] not in gone] if gone else rows
        insert_all(connection, table, kept)
    return len(kept)


def remove_older(db: Database, table: Table, created: int, *where: ColumnElement[bool]) -> int:
    """Remove rows that were computed before a moment, of users that are no longer known; return how many."""
    with db.write() as connection:
        return connection.execute(delete(table).where(table.c[CREATED] < created, *where)).rowcount
