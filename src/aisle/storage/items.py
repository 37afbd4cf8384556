"""The items table: the shop's catalogue."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from aisle.storage.connect import Database
from aisle.storage.rows import Rows, Stored, by_ids, chosen, frames, store_latest
from aisle.storage.tables import items

if TYPE_CHECKING:
    import polars as pl


class ItemRow(NamedTuple):
    """A product, with the columns of `shop.columns.ITEMS`."""

    item_id: str
    item_group_id: str | None
    title: str | None
    description: str | None
    category: str | None
    brand: str | None
    price: int | None
    currency: str | None
    image_url: str | None
    tags: str | None
    stock: int | None
    in_stock: bool | None
    available_from: int | None
    hidden: bool | None
    attributes: str | None


def upsert(db: Database, rows: Rows) -> Stored:
    """Add items or change them, in one transaction; a row that changes nothing counts as duplicate.

    A null leaves what is stored, so that prices and titles may come in different files.

    Parameters
    ----------
    rows
        A frame with the columns of `shop.columns.ITEMS`, or tuples in their order; of two rows for one item the later
        wins.

    Raises
    ------
    StorageError
        If the database refuses; then none of the rows is stored.
    """
    return store_latest(db, items, rows)


def get(db: Database, item_ids: Sequence[str]) -> dict[str, ItemRow]:
    """Return the items of these ids that the catalogue holds."""
    with db.read() as connection:
        return {row[0]: ItemRow._make(row) for row in by_ids(connection, items, item_ids)}


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of the whole catalogue as frames of at most `batch_size` rows, in no promised order.

    Raises
    ------
    InputError
        If there is no such column.
    """
    return frames(db, items, chosen(items, columns), batch_size)
