"""Everything stored about a person: a JSON document for that person, or erased."""

from typing import Any, Final

import msgspec

from aisle.app.settings import Settings
from aisle.shop.columns import ATTRIBUTES, CREATED, PRICE, PROPERTIES, TIMESTAMP
from aisle.shop.ids import check_id
from aisle.shop.moments import from_moment
from aisle.shop.money import MICROS
from aisle.storage.connection import Database
from aisle.storage.shoppers import people
from aisle.storage.shoppers.receipt import Receipt

_TIMES: Final = (TIMESTAMP, CREATED)
_OBJECTS: Final = (PROPERTIES, ATTRIBUTES)


def erase_person(db: Database, settings: Settings, user_id: str) -> Receipt:
    """Remove a person from every table for good, and from the columnar copy of the events.

    Raises
    ------
    IdError
        If nobody can have that id.
    StorageError
        If the database refuses; then nothing is removed.
    """
    from aisle.app.data.columnar import copy_of  # brings Polars, without which a server starts

    receipt = people.erase(db, check_id(user_id, "user_id"))
    copy_of(settings).forget(db)
    return receipt


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
