"""The reviews table: what shoppers wrote, each review once, and which order it is about."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from aisle.shop.events import EventKind
from aisle.storage.connection import Database
from aisle.storage.frames import stream_frames
from aisle.storage.log.imports import NO_IMPORT, Origin
from aisle.storage.rows import Rows, Stored, store_once
from aisle.storage.tables import events, reviews

if TYPE_CHECKING:
    import polars as pl

_BATCH: Final = 5_000

_BOUGHT: Final = (
    select(events.c.transaction_id)
    .where(
        events.c.user_id == reviews.c.user_id,
        events.c.item_id == reviews.c.item_id,
        events.c.timestamp <= reviews.c.timestamp,
        events.c.event == EventKind.PURCHASE.value,
        events.c.transaction_id.is_not(None),
    )
    .order_by(events.c.timestamp.desc(), events.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_UNLINKED: Final = (
    select(reviews.c.seq, _BOUGHT.label("bought"))
    .where(reviews.c.transaction_id.is_(None), reviews.c.user_id.is_not(None), reviews.c.seq > bindparam("last"))
    .order_by(reviews.c.seq)
    .limit(_BATCH)
)
_LINK: Final = update(reviews).where(reviews.c.seq == bindparam("number")).values(transaction_id=bindparam("order"))


def store(db: Database, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Store reviews, each `review_id` once, as `rows.store_once` does."""
    return store_once(db, reviews, rows, origin)


def link(db: Database) -> int:
    """Give reviews that name no order the last order before them in which their writer bought the item.

    Returns
    -------
    int
        How many reviews were linked; the others can be once their purchases are stored.
    """
    linked, last = 0, 0
    while True:
        with db.read() as connection:
            unlinked = connection.execute(_UNLINKED, {"last": last}).all()
        if not unlinked:
            return linked
        orders = [{"number": row.seq, "order": row.bought} for row in unlinked if row.bought is not None]
        if orders:
            with db.write() as connection:
                connection.execute(_LINK, orders)
        linked, last = linked + len(orders), unlinked[-1].seq


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of all reviews as frames, as `frames.stream_frames` does."""
    return stream_frames(db, reviews, columns, batch_size)
