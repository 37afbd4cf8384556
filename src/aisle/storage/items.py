"""The items table: the shop's catalogue, and the history of its prices and stock."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection, insert, select

from aisle.shop.columns import ITEM_HISTORY, ITEM_ID, ITEMS, TIMESTAMP
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.frames import stream_frames
from aisle.storage.rows import Change, Rows, Stored, by_ids, store_latest
from aisle.storage.tables import item_history, items

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
    url: str | None


class ItemMoment(NamedTuple):
    """The price and stock of an item from a moment on, with the columns of `shop.columns.ITEM_HISTORY`."""

    item_id: str
    timestamp: int
    price: int | None
    currency: str | None
    stock: int | None
    in_stock: bool | None


_TRACKED: Final = [name for name in ITEM_HISTORY if name not in (ITEM_ID, TIMESTAMP)]
_PLACES: Final = [list(ITEMS).index(name) for name in _TRACKED]


def upsert(db: Database, rows: Rows) -> Stored:
    """Add items or change them, as `rows.store_latest` does; a new price or stock also enters the item's history.

    Null keeps what is stored, so that prices and titles can come in different files.
    """
    return store_latest(db, items, rows, _track)


def _track(connection: Connection, changes: Sequence[Change]) -> None:
    """Enter new prices and stocks in the history; an item without either has none."""
    moment = now()
    entries = [
        {ITEM_ID: change.after[0], TIMESTAMP: moment} | dict(zip(_TRACKED, _tracked(change.after), strict=True))
        for change in changes
        if _tracked(change.after) != _tracked(change.before)
    ]
    if entries:
        connection.execute(insert(item_history), entries)


def _tracked(row: Sequence[object] | None) -> list[object]:
    return [None if row is None else row[place] for place in _PLACES]


def history(db: Database, item_id: str) -> list[ItemMoment]:
    """Return the prices and stocks of an item, oldest first; the last entry is the present one."""
    columns = [item_history.c[name] for name in ITEM_HISTORY]
    query = select(*columns).where(item_history.c.item_id == item_id).order_by(item_history.c.seq)
    with db.read() as connection:
        return [ItemMoment._make(row) for row in connection.execute(query)]


def get(db: Database, item_ids: Sequence[str]) -> dict[str, ItemRow]:
    """Return the items with these ids that are in the catalogue."""
    with db.read() as connection:
        return {row[0]: ItemRow._make(row) for row in by_ids(connection, items, item_ids)}


def newest(db: Database, moment: int, n: int) -> list[str]:
    """Return the n items that became available last, newest first; items without `available_from` are skipped.

    Parameters
    ----------
    moment
        Items that become available after it do not count yet, in microseconds.
    """
    since = items.c.available_from
    query = select(items.c.item_id).where(since <= moment).order_by(since.desc(), items.c.item_id).limit(n)
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of the catalogue as frames, as `frames.stream_frames` does."""
    return stream_frames(db, items, columns, batch_size)
