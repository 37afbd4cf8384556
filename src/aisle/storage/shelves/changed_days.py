"""The days whose events change after they were counted: they are counted anew."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from aisle.shop.moments import DAY
from aisle.storage.parts import parts
from aisle.storage.tables import events, shop_days

CHANGED: Final = -1
"""What a day knows of whose events some have changed."""

DAY_OF: Final = events.c.timestamp - events.c.timestamp % DAY
"""The first moment of an event's day."""


def mark(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Note that some events change or go."""
    days = connection.execute(select(DAY_OF).where(condition).distinct()).scalars().all()
    for some in parts(days):
        connection.execute(update(shop_days).where(shop_days.c.day.in_(some)).values(through=CHANGED))
