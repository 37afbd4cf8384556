"""Everything stored about a person, as a JSON document for that person."""

from typing import Any, Final

import msgspec

from aisle.shop.columns import ATTRIBUTES, CREATED, PRICE, PROPERTIES, TIMESTAMP
from aisle.shop.moments import from_moment
from aisle.shop.money import MICROS
from aisle.storage import people
from aisle.storage.connection import Database

_TIMES: Final = (TIMESTAMP, CREATED)
_OBJECTS: Final = (PROPERTIES, ATTRIBUTES)


def export_person(db: Database, user_id: str) -> dict[str, Any]:
    """Return everything that is stored about a person, by table: times as ISO 8601, prices in currency units.

    Raises
    ------
    NotFound
        If nothing is stored.
    """
    tables = people.export(db, user_id)
    return {"user_id": user_id} | {name: [_readable(row) for row in rows] for name, rows in tables.items()}


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if name in _TIMES:
        return from_moment(value).isoformat()
    if name == PRICE:
        return value / MICROS
    return msgspec.json.decode(value) if name in _OBJECTS else value
