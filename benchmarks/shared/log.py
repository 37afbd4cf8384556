"""Who and what stands in the log of a shop: the ids that a benchmark asks for."""

from sqlalchemy import Column, func, select

from aisle.storage.connection import Database


def ids_with(db: Database, column: Column[str], limit: int, at_least: int, at_most: int | None = None) -> list[str]:
    """Return the first ids of a column of events that stand in so many of them."""
    found = select(column).where(column.is_not(None)).group_by(column).having(func.count() >= at_least)
    if at_most is not None:
        found = found.having(func.count() <= at_most)
    with db.read() as connection:
        return list(connection.scalars(found.order_by(column).limit(limit)))
