"""The tables of the marts, as `shop.marts` describes them.

Ids are texts here, as tools for business intelligence take bytes for pictures.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Index, Numeric, String, Table, Text
from sqlalchemy.types import TypeEngine

from aisle.shop.marts import DAILY, MARTS, Mart
from aisle.storage.tables import OPTIONS, metadata

_WORD: Final = String(256).with_variant(String(256, collation="utf8mb4_bin"), "mysql")
_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "int64": BigInteger(),
    "float64": Double(),
    "bool": Boolean(),
    "day": Date(),
    "money": Numeric(18, 6),
}
_LONG: Final = ("title", "category", "department", "brand", "strategy", "audience", "algorithm")
"""Texts that nothing is joined by."""

_INDEXED: Final = ("day", "item_id", "user_id")


def _table(mart: Mart) -> Table:
    columns: list[Column[Any]] = [
        Column(name, Text() if name in _LONG else _TYPES.get(word, _WORD)) for name, (word, _) in mart.columns.items()
    ]
    indexes = [Index(f"{mart.name}_{name}", name) for name in _INDEXED if name in mart.columns]
    return Table(mart.name, metadata, *columns, *indexes, **OPTIONS)


TABLES: Final = {mart.name: _table(mart) for mart in MARTS}
DAILY_TABLES: Final = tuple(TABLES[mart.name] for mart in DAILY)

mart_builds: Final = Table(
    "mart_builds",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("through", BigInteger, nullable=False),
    **OPTIONS,
)
"""The days that were built, and the newest event that their counts knew: others are built again."""

WITH_PEOPLE: Final = tuple(table for table in TABLES.values() if "user_id" in table.c)
WITHOUT_PEOPLE: Final = (*(table for table in TABLES.values() if "user_id" not in table.c), mart_builds)
