"""The users table: what the shop wants to keep beside a shopper's id.

Attributes stay under the id under which they came. Of a person with several ids the known user's own count; where there
are none, those of the id that was merged first.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Subquery, and_, exists, func, or_, select

from aisle.shop.columns import ATTRIBUTES
from aisle.storage.connection import Database
from aisle.storage.frames import stream_frames
from aisle.storage.log.imports import NO_IMPORT, Origin
from aisle.storage.rows import Rows, Stored, store_latest
from aisle.storage.tables import merged, users

if TYPE_CHECKING:
    import polars as pl


def _people() -> Subquery:
    """Return the users, each person once."""
    own, earlier, others = users.alias(), merged.alias(), users.alias()
    is_earlier = or_(
        earlier.c.created < merged.c.created,
        and_(earlier.c.created == merged.c.created, earlier.c.anonymous_id < merged.c.anonymous_id),
    )
    counts = and_(
        ~exists().where(own.c.user_id == merged.c.user_id),
        ~exists().where(earlier.c.user_id == merged.c.user_id, others.c.user_id == earlier.c.anonymous_id, is_earlier),
    )
    with_merges = users.outerjoin(merged, merged.c.anonymous_id == users.c.user_id)
    person = func.coalesce(merged.c.user_id, users.c.user_id).label("user_id")
    query = select(person, users.c[ATTRIBUTES]).select_from(with_merges)
    return query.where(or_(merged.c.user_id.is_(None), counts)).subquery("users")


_OF_PEOPLE: Final = _people()


def upsert(db: Database, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Add users or change their attributes, as `rows.store_latest` does."""
    return store_latest(db, users, rows, origin=origin)


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of all users as frames, as `frames.stream_frames` does: for each person one row."""
    return stream_frames(db, _OF_PEOPLE, columns, batch_size)
