"""How much of the catalogue has what shelves need."""

from typing import Final, NamedTuple

from sqlalchemy import func, select

from aisle.shop.columns import BRAND, CATEGORY, IMAGE_URL, PRICE, STOCK, TITLE
from aisle.storage.connection import Database
from aisle.storage.tables import items

FIELDS: Final = (TITLE, PRICE, CATEGORY, IMAGE_URL, BRAND, STOCK)
"""The fields that are counted."""


class Coverage(NamedTuple):
    """How many items have what."""

    items: int
    having: dict[str, int]
    """The number of items that have each of `FIELDS`."""


def coverage(db: Database) -> Coverage:
    """Return how many items have each of `FIELDS`; this reads the whole catalogue."""
    query = select(func.count(), *(func.count(items.c[name]) for name in FIELDS)).select_from(items)
    with db.read() as connection:
        number, *having = connection.execute(query).one()
    return Coverage(number, dict(zip(FIELDS, having, strict=True)))
