"""Tables: the catalogue, and what changed in it."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from aisle.shop import columns
from aisle.storage.database.column_types import ID, import_number, sequence, shop_columns
from aisle.storage.tables.base import OPTIONS, metadata

items: Final = Table(
    "items",
    metadata,
    *shop_columns(columns.ITEMS, {columns.ITEM_ID}, {columns.ITEM_ID}),
    import_number(),
    Index("items_available_from", columns.AVAILABLE_FROM),
    **OPTIONS,
)

item_history: Final = Table(
    "item_history",
    metadata,
    sequence(),
    *shop_columns(columns.ITEM_HISTORY, {columns.ITEM_ID, columns.TIMESTAMP}),
    Index("item_history_item_timestamp", columns.ITEM_ID, columns.TIMESTAMP),
    **OPTIONS,
)

item_changes: Final = Table(
    "item_changes",
    metadata,
    Column(columns.ITEM_ID, ID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Index("item_changes_version", "version"),
    **OPTIONS,
)
"""The version of the catalogue with which each item last changed, and under the empty id, which no item has, the newest
version: writers lock that row, so that versions become visible in their order."""
