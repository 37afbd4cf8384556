"""The users table: what the shop wants to keep beside a shopper's id."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aisle.storage.connection import Database
from aisle.storage.frames import stream_frames
from aisle.storage.imports import NO_IMPORT, Origin
from aisle.storage.rows import Rows, Stored, store_latest
from aisle.storage.tables import users

if TYPE_CHECKING:
    import polars as pl


def upsert(db: Database, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Add users or change their attributes, as `rows.store_latest` does."""
    return store_latest(db, users, rows, origin=origin)


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of all users as frames, as `frames.stream_frames` does."""
    return stream_frames(db, users, columns, batch_size)
