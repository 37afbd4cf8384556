"""The items table: the shop's catalogue, and the history of its prices and stock."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, false, func, insert, literal_column, select

from aisle.shop.columns import ITEM_HISTORY, ITEM_ID, ITEMS, TIMESTAMP
from aisle.shop.facts import ItemFacts
from aisle.shop.moments import now
from aisle.storage.catalogue import item_changes
from aisle.storage.connection import Database
from aisle.storage.database.dialects import text_of
from aisle.storage.frames import stream_frames
from aisle.storage.log.imports import NO_IMPORT, Origin
from aisle.storage.parts import parts
from aisle.storage.rows import Change, Rows, Stored, by_ids, store_latest, transact
from aisle.storage.tables import import_changes, item_history, items

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
    cost: int | None


class Unavailable(NamedTuple):
    """Why an item cannot be sold just now; at least one of these is true."""

    hidden: bool
    sold_out: bool
    to_come: bool


class LookedOver(NamedTuple):
    """What the database says of some items at one moment."""

    version: int
    """The version of the catalogue (`storage.catalogue.item_changes`)."""
    unavailable: dict[str, Unavailable]


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


_FACTS: Final = select(*(items.c[name] for name in ItemFacts._fields))
_HIDDEN: Final = func.coalesce(items.c.hidden, false())
_SOLD_OUT: Final = func.coalesce(items.c.stock <= 0, false()) | func.coalesce(~items.c.in_stock, false())
_TO_COME: Final = func.coalesce(items.c.available_from > bindparam("moment"), false())
_ASKED: Final = [f"item_{place}" for place in range(16)]
"""The parameters of `_UNAVAILABLE`: a query of fixed length is quick, and a shelf has about ten items."""
_UNAVAILABLE: Final = select(items.c.item_id, _HIDDEN, _SOLD_OUT, _TO_COME).where(
    items.c.item_id.in_([bindparam(name) for name in _ASKED]), _HIDDEN | _SOLD_OUT | _TO_COME
)
_VERSION_ROW: Final = select(
    literal_column(f"'{item_changes.NEWEST}'"), false(), false(), false(), item_changes.VERSION.scalar_subquery()
)
_LOOK_OVER: Final = _UNAVAILABLE.add_columns(literal_column("0")).union_all(_VERSION_ROW)
"""What `_UNAVAILABLE` finds, and a row under the id of no item with the version of the catalogue."""


def upsert(db: Database, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Add items or change them, as `rows.store_latest` does; a new price or stock also enters the item's history.

    Null keeps what is stored, so that prices and titles can come in different files.
    """
    return store_latest(db, items, rows, track, origin=origin)


def remove(db: Database, item_ids: Sequence[str]) -> list[str]:
    """Remove items from the catalogue, and return those that it had; events, reviews and their history stay."""
    return transact(db, lambda connection: _remove(connection, item_ids))


def _remove(connection: Connection, item_ids: Sequence[str]) -> list[str]:
    known = [row.item_id for row in by_ids(connection, items, item_ids)]
    for some in parts(known):
        connection.execute(delete(items).where(items.c.item_id.in_(some)))
        of_items = import_changes.c.table_name == items.name
        connection.execute(delete(import_changes).where(of_items, import_changes.c.row_id.in_(some)))
    if known:
        item_changes.enter(connection, known)
    return known


def track(connection: Connection, changes: Sequence[Change]) -> None:
    """Enter the changes, and new prices and stocks in the history; an item without either has none."""
    if changes:
        item_changes.enter(connection, dict.fromkeys(change.after[0] for change in changes))
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


def facts(db: Database, item_ids: Sequence[str] | None = None) -> dict[str, ItemFacts]:
    """Return what shelves need of the items with these ids, or of all, that are in the catalogue."""
    with db.read() as connection:
        if item_ids is None:
            rows: Iterable[Row[Any]] = connection.execute(_FACTS)
        else:
            rows = (
                row for some in parts(item_ids) for row in connection.execute(_FACTS.where(items.c.item_id.in_(some)))
            )
        return {row[0]: ItemFacts._make(row) for row in rows}


def unavailable(db: Database, item_ids: Sequence[str], moment: int) -> dict[str, Unavailable]:
    """Return those of some items that are hidden, known to be sold out, or still to come, at this moment."""
    found: dict[str, Unavailable] = {}
    for asked in _asked(item_ids):
        for item_id, *flags in db.rows(_UNAVAILABLE, asked | {"moment": moment}):
            found[text_of(item_id)] = Unavailable(*map(bool, flags))
    return found


def look_over(db: Database, item_ids: Sequence[str], moment: int) -> LookedOver:
    """Return what `unavailable` does, and the version of the catalogue, by one query for each few items."""
    version, found = 0, dict[str, Unavailable]()
    for asked in _asked(item_ids or [item_changes.NEWEST]):
        for item_id, *flags, of_catalogue in db.rows(_LOOK_OVER, asked | {"moment": moment}):
            if text_of(item_id) == item_changes.NEWEST:
                version = of_catalogue or 0
            else:
                found[text_of(item_id)] = Unavailable(*map(bool, flags))
    return LookedOver(version, found)


def _asked(item_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the parameters that name a few items at a time."""
    for start in range(0, len(item_ids), len(_ASKED)):
        yield dict.fromkeys(_ASKED, item_ids[start]) | dict(zip(_ASKED, item_ids[start:], strict=False))


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


def count(db: Database) -> int:
    """Return how many there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(items)).scalar_one()


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of the catalogue as frames, as `frames.stream_frames` does."""
    return stream_frames(db, items, columns, batch_size)
