"""The drift table: how far things had drifted, by day."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from aisle.storage.connection import Database
from aisle.storage.rows import transact
from aisle.storage.tables import drift


class DriftRow(NamedTuple):
    """How far something had drifted on a day."""

    day: int
    what: str
    value: float
    bound: float
    """From this value on it matters."""
    beyond: bool
    says: str


def replace(db: Database, day: int, rows: Sequence[DriftRow]) -> None:
    """Replace what is known of a day."""

    def work(connection: Connection) -> None:
        connection.execute(delete(drift).where(drift.c.day == day))
        if rows:
            connection.execute(insert(drift), [row._asdict() for row in rows])

    transact(db, work)


def newest(db: Database) -> list[DriftRow]:
    """Return the rows of the newest day."""
    last = select(func.max(drift.c.day)).scalar_subquery()
    with db.read() as connection:
        return [DriftRow._make(row) for row in connection.execute(select(drift).where(drift.c.day == last))]
