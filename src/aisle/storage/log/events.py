"""The events table: what shoppers did, each event once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, func, select

from aisle.shop.events import EventKind, ProfileEvent
from aisle.storage.connection import Database
from aisle.storage.database.dialects import as_text, text_of
from aisle.storage.frames import stream_frames
from aisle.storage.log.imports import NO_IMPORT, Origin
from aisle.storage.rows import Rows, Stored, store_once
from aisle.storage.shoppers.identities import known_user
from aisle.storage.tables import events

if TYPE_CHECKING:
    import polars as pl


_RECENT: Final = 10_000
"""How many of the newest events count for a user's activity."""


class EventRow(NamedTuple):
    """One event of a shopper's history."""

    item_id: str
    kind: str
    quantity: int | None
    price: int | None
    """Millionths of the currency unit, per piece."""
    currency: str | None
    rating: float | None
    timestamp: int
    transaction_id: str | None


def _newest(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .where(events.c.item_id.is_not(None))
        .order_by(events.c.timestamp.desc(), events.c.seq.desc())
        .limit(bindparam("newest"))
    )


_IS_USERS: Final = events.c.user_id == known_user("user_id")
_IS_SESSIONS: Final = events.c.session_id == bindparam("session_id")
_HISTORY: Final = _newest(
    events.c.item_id,
    events.c.event,
    events.c.quantity,
    events.c.price,
    events.c.currency,
    events.c.rating,
    events.c.timestamp,
    events.c.transaction_id,
).where(_IS_USERS)
_PROFILE: Final = _newest(events.c.item_id, events.c.event, events.c.timestamp, events.c.rating, events.c.price)
_OF_USER: Final = _PROFILE.where(_IS_USERS)
_OF_SESSION: Final = _PROFILE.where(_IS_SESSIONS)
_OF_NOBODYS_SESSION: Final = _OF_SESSION.where(events.c.user_id.is_(None))


_events: Final = msgspec.json.Decoder(list[ProfileEvent])


def store(db: Database, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Store events, each `event_id` once, as `rows.store_once` does."""
    return store_once(db, events, rows, origin)


def stream(
    db: Database,
    columns: Sequence[str],
    since: int | None = None,
    until: int | None = None,
    batch_size: int = 50_000,
) -> Iterator["pl.DataFrame"]:
    """Yield some columns of the events from `since` up to, not including, `until`, as `frames.stream_frames` does."""
    moment = events.c.timestamp
    which = [moment >= since] if since is not None else []
    which += [moment < until] if until is not None else []
    return stream_frames(db, events, columns, batch_size, *which)


def history(db: Database, user_id: str, limit: int) -> list[EventRow]:
    """Return what a shopper last did with items, newest first; an id that was merged stands for the known user."""
    with db.read() as connection:
        rows = connection.execute(_HISTORY, {"user_id": user_id, "newest": limit})
        return [EventRow._make(row) for row in rows]


def of_user(db: Database, user_id: str, limit: int) -> list[ProfileEvent]:
    """Return of a shopper's newest events with items what a shelf needs, newest first, as `history` does."""
    return _profile(db, _OF_USER, {"user_id": user_id}, limit)


def of_session(db: Database, session_id: str, limit: int, *, nobodys: bool = False) -> list[ProfileEvent]:
    """Return what was last done with items in a session, newest first.

    Parameters
    ----------
    nobodys
        Only events without a user; the others are in the user's history.
    """
    return _profile(db, _OF_NOBODYS_SESSION if nobodys else _OF_SESSION, {"session_id": session_id}, limit)


def _profile(db: Database, query: Select[Any], values: Mapping[str, Any], limit: int) -> list[ProfileEvent]:
    if db.is_file:
        ((text,),) = db.rows(as_text(query, limit), values)
        return _events.decode(text)
    rows = db.rows(query, {**values, "newest": limit})
    if rows and isinstance(rows[0][0], bytes):
        return [ProfileEvent(text_of(item_id), *others) for item_id, *others in rows]
    return list(starmap(ProfileEvent, rows))


def looks(db: Database, since: int) -> Iterator[tuple[str, str, int]]:
    """Yield the user, the item and the moment of what browsers told that they showed, since a moment."""
    query = select(events.c.user_id, events.c.item_id, events.c.timestamp).where(
        events.c.timestamp >= since,
        events.c.event == EventKind.VIEW_ITEM_LIST.value,
        events.c.user_id.is_not(None),
        events.c.item_id.is_not(None),
    )
    with db.read() as connection:
        for row in connection.execution_options(yield_per=10_000).execute(query):
            yield row.user_id, row.item_id, row.timestamp


def clicks(db: Database, since: int) -> list[tuple[str, str]]:
    """Return the shelf and the item of each click on a shelf since a moment."""
    query = select(events.c.recommendation_id, events.c.item_id).where(
        events.c.timestamp >= since,
        events.c.event == EventKind.SELECT_ITEM.value,
        events.c.recommendation_id.is_not(None),
        events.c.item_id.is_not(None),
    )
    with db.read() as connection:
        return [(row.recommendation_id, row.item_id) for row in connection.execute(query)]


def first_clicks(db: Database, since: int) -> dict[tuple[str, str], int]:
    """Return the moment of the first click on each item of each shelf since a moment, by shelf and item."""
    shelf, item = events.c.recommendation_id, events.c.item_id
    query = (
        select(shelf, item, func.min(events.c.timestamp))
        .where(events.c.timestamp >= since, events.c.event == EventKind.SELECT_ITEM.value)
        .where(shelf.is_not(None), item.is_not(None))
        .group_by(shelf, item)
    )
    with db.read() as connection:
        return {(of_shelf, item_id): int(moment) for of_shelf, item_id, moment in connection.execute(query)}


def active_users(db: Database, n: int) -> list[str]:
    """Return the n users with most of the newest events, most active first."""
    newest = select(events.c.user_id).where(events.c.user_id.is_not(None), events.c.item_id.is_not(None))
    recent = newest.order_by(events.c.timestamp.desc()).limit(_RECENT).subquery()
    ranked = select(recent.c.user_id).group_by(recent.c.user_id).order_by(func.count().desc(), recent.c.user_id)
    with db.read() as connection:
        return list(connection.execute(ranked.limit(n)).scalars())


def count(db: Database) -> int:
    """Return how many events there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(events)).scalar_one()


def last_moment(db: Database) -> int | None:
    """Return the moment of the last event; None if there is none."""
    with db.read() as connection:
        moment: int | None = connection.execute(select(func.max(events.c.timestamp))).scalar_one()
        return moment
