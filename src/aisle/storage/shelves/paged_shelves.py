"""The table of shelves that are read page by page."""

from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select

from aisle.shop.moments import HOUR, now
from aisle.storage.connection import Database
from aisle.storage.shoppers import erased
from aisle.storage.tables import paged_shelves

KEPT: Final = HOUR
"""For how long a shelf is kept, in microseconds."""


class PagedShelf(NamedTuple):
    """A whole shelf, of which pages are shown."""

    recommendation_id: str
    user_id: str | None
    session_id: str | None
    created: int
    shelf: str


def add(db: Database, recommendation_id: str, user_id: str | None, session_id: str | None, shelf: str) -> None:
    """Keep a shelf for an hour, and remove those that were kept for longer; nothing of erased people is kept."""
    row = PagedShelf(recommendation_id, user_id, session_id, now(), shelf)
    with db.write() as connection:
        connection.execute(delete(paged_shelves).where(paged_shelves.c.created < row.created - KEPT))
        if user_id is None or not erased.among(connection, {user_id}):
            connection.execute(insert(paged_shelves).values(row._asdict()))


def get(db: Database, recommendation_id: str) -> PagedShelf | None:
    """Return a shelf, or None if it is not kept any more."""
    query = select(paged_shelves).where(paged_shelves.c.recommendation_id == recommendation_id)
    with db.read() as connection:
        row = connection.execute(query).first()
    return PagedShelf._make(row) if row and row.created >= now() - KEPT else None
