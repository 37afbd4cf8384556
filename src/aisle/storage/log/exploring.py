"""Reading the log of one shopper, however long it is, and finding shoppers by the beginning of their ids."""

import json
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from aisle.shop.columns import ATTRIBUTES
from aisle.storage.connection import Database
from aisle.storage.log.events import EventRow
from aisle.storage.shoppers.identities import known_user
from aisle.storage.tables import events, merged, users

_AFTER: Final = "\U0010ffff"
"""A letter after all others, where ids are compared byte by byte."""
_COLUMNS: Final = ("item_id", "event", "quantity", "price", "currency", "rating", "timestamp", "transaction_id")
_IS_USERS: Final = events.c.user_id == known_user("user_id")


class Place(NamedTuple):
    """A place in a shopper's log, which is read on from there."""

    timestamp: int
    number: int


class LogPage(NamedTuple):
    """Some of a shopper's events."""

    rows: list[EventRow]
    """Newest first."""
    older: Place | None
    """Where the next page begins; None at the end of the log."""


class Extent(NamedTuple):
    """How long a shopper's log is."""

    events: int
    first: int | None
    last: int | None


def page(db: Database, user_id: str, n: int, before: Place | None = None) -> LogPage:
    """Return n of a shopper's events with items, newest first; an id that was merged stands for the known user.

    Parameters
    ----------
    before
        Only events older than those of the page that said so.
    """
    moment, number = events.c.timestamp, events.c.seq
    columns = (*(events.c[name] for name in _COLUMNS), number)
    query = select(*columns).where(_IS_USERS, events.c.item_id.is_not(None))
    if before is not None:
        older = or_(moment < before.timestamp, and_(moment == before.timestamp, number < before.number))
        query = query.where(moment <= before.timestamp, older)
    query = query.order_by(moment.desc(), number.desc()).limit(n + 1)
    with db.read() as connection:
        found = connection.execute(query, {"user_id": user_id}).all()
    rows = [EventRow._make(row[:-1]) for row in found[:n]]
    return LogPage(rows, Place(rows[-1].timestamp, found[n - 1].seq) if len(found) > n else None)


def extent(db: Database, user_id: str) -> Extent:
    """Return how long a shopper's log is."""
    query = select(func.count(), func.min(events.c.timestamp), func.max(events.c.timestamp)).where(_IS_USERS)
    with db.read() as connection:
        return Extent._make(connection.execute(query, {"user_id": user_id}).one())


def attributes(db: Database, user_id: str) -> dict[str, Any]:
    """Return what the shop keeps beside a shopper's id; of a person with several, the known user's own or the first's.

    Empty if it keeps nothing.
    """
    ids = select(merged.c.anonymous_id).where(merged.c.user_id == known_user("user_id"))
    own = users.c.user_id == known_user("user_id")
    query = select(users.c[ATTRIBUTES]).select_from(
        users.outerjoin(merged, merged.c.anonymous_id == users.c.user_id)
    ).where(or_(own, users.c.user_id.in_(ids))).order_by(own.desc(), merged.c.created).limit(1)  # fmt: skip
    with db.read() as connection:
        found = connection.execute(query, {"user_id": user_id}).scalar()
    return json.loads(found) if found else {}


def is_known(db: Database, user_id: str) -> bool:
    """Return whether anything is stored of a shopper: an event or an attribute."""
    by_event = select(events.c.seq).where(_IS_USERS).limit(1)
    by_row = select(users.c.user_id).where(users.c.user_id == bindparam("user_id"))
    with db.read() as connection:
        return any(connection.execute(query, {"user_id": user_id}).first() for query in (by_event, by_row))


def users_starting(db: Database, start: str, n: int) -> list[str]:
    """Return n ids of shoppers with events that begin with some letters, in the order of the database.

    Each is looked up after the one before: a shopper with a hundred thousand events costs no more than another.
    """
    found: list[str] = []
    # PostgreSQL orders text by a collation, in which no letter need be the last.
    by_collation = db.engine.dialect.name == "postgresql"
    begins = events.c.user_id.startswith(start, autoescape=True) if by_collation else events.c.user_id <= start + _AFTER
    with db.read() as connection:
        above = events.c.user_id >= start
        while len(found) < n:
            query = select(func.min(events.c.user_id)).where(above, begins)
            user_id = connection.execute(query).scalar()
            if user_id is None:
                break
            found.append(user_id)
            above = events.c.user_id > user_id
    return found
