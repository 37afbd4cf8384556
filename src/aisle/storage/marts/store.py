"""Marts in and out: each table, or a day of the facts, is replaced in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from aisle.shop.marts import Mart
from aisle.shop.moments import format_day
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_all
from aisle.storage.marts.tables import DAILY_TABLES, TABLES, mart_builds
from aisle.storage.parts import parts
from aisle.storage.rows import transact
from aisle.storage.shoppers import erased
from aisle.storage.tables import shop_days

Rows = Sequence[tuple[Any, ...]]
"""In the order of a mart's columns: days as `2026-11-30`, money as decimal texts."""

_READ: Final = 50_000


def built(db: Database) -> dict[int, int]:
    """Return the days that were built, and the newest event that their counts knew."""
    with db.read() as connection:
        return {int(day): int(through) for day, through in connection.execute(select(mart_builds))}


def counted(db: Database) -> dict[int, int]:
    """Return the days that are counted, and the newest event that their counts know."""
    query = select(shop_days.c.day, func.max(shop_days.c.through)).group_by(shop_days.c.day)
    with db.read() as connection:
        return {int(day): int(through) for day, through in connection.execute(query)}


def replace_days(db: Database, through: Mapping[int, int], facts: Mapping[str, Rows]) -> None:
    """Replace the facts of some days.

    Parameters
    ----------
    through
        The days, and the newest event that their counts know.
    facts
        The rows of each table, of these days only.
    """

    def work(connection: Connection) -> None:
        for some in parts([format_day(day) for day in through]):
            days = [date.fromisoformat(day) for day in some]
            for table in DAILY_TABLES:
                connection.execute(delete(table).where(table.c.day.in_(days)))
        for name, rows in facts.items():
            insert_all(connection, TABLES[name], rows)
        for moments in parts(list(through)):
            connection.execute(delete(mart_builds).where(mart_builds.c.day.in_(moments)))
        insert_all(connection, mart_builds, list(through.items()))

    transact(db, work)


def replace(db: Database, mart: Mart, rows: Rows) -> None:
    """Replace a whole table; erased people get no rows."""
    table = TABLES[mart.name]
    place = list(mart.columns).index("user_id") if "user_id" in mart.columns else None

    def work(connection: Connection) -> None:
        kept = rows
        if place is not None:
            gone = erased.among(connection, {row[place] for row in rows})
            kept = [row for row in rows if row[place] not in gone] if gone else rows
        connection.execute(delete(table))
        insert_all(connection, table, kept)

    transact(db, work)


def read(db: Database, mart: Mart) -> Iterator[Rows]:
    """Yield the rows of a table, as `replace` takes them."""
    table = TABLES[mart.name]
    words = [word for word, _ in mart.columns.values()]
    text = f"SELECT {', '.join(mart.columns)} FROM {table.name}"  # noqa: S608  names of ours
    with db.read() as connection, connection.exec_driver_sql(text) as found:
        for some in found.partitions(_READ):
            yield [tuple(_plain(value, word) for value, word in zip(row, words, strict=True)) for row in some]


def _plain(value: Any, word: str) -> Any:
    if value is None:
        return None
    if word == "day":
        return str(value)
    if word == "money":
        return str(Decimal(str(value)).quantize(Decimal("0.000001")))
    return bool(value) if word == "bool" else value


def days(db: Database, mart: Mart) -> tuple[date, date] | None:
    """Return the first and the last day of a table; None if it is empty."""
    day = TABLES[mart.name].c.day
    with db.read() as connection:
        first, last = connection.execute(select(func.min(day), func.max(day))).one()
    return None if first is None else (first, last)


def placements(db: Database, mart: Mart) -> list[tuple[str, date, date]]:
    """Return the placements of a table with their first and last days."""
    table = TABLES[mart.name]
    query = select(table.c.placement, func.min(table.c.day), func.max(table.c.day)).group_by(table.c.placement)
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(table.c.placement))]


def is_built(db: Database) -> bool:
    """Tell whether the marts were ever built."""
    with db.read() as connection:
        return connection.execute(select(mart_builds.c.day).limit(1)).first() is not None
