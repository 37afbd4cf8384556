"""Who and what stands in the log of a shop: the ids that a benchmark asks for."""

from sqlalchemy import Column, func, select

from aisle.storage.connection import Database


def ids_with(db: Database, column: Column[str], at_least: int, at_most: int, limit: int) -> list[str]:
    """Return the first ids of a column of events that stand in so many of them."""
    events = func.count()
    query = select(column).where(column.is_not(None)).group_by(column)
    with db.read() as connection:
        found = connection.scalars(query.having(events.between(at_least, at_most)).order_by(column).limit(limit))
        return list(found)
