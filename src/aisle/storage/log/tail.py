"""The newest events, as they came in, and how many come just now."""

from typing import Final, NamedTuple

from sqlalchemy import func, select

from aisle.shop.moments import MINUTE, now
from aisle.storage.connection import Database
from aisle.storage.shoppers import segments
from aisle.storage.tables import events

LATELY: Final = 5 * MINUTE
"""Who did something within this time is here now."""

MOST: Final = 20_000
"""At most so many of the newest events are looked at."""


class TailRow(NamedTuple):
    """An event as a person reads it."""

    seq: int
    event: str
    user_id: str | None
    session_id: str | None
    item_id: str | None
    quantity: int | None
    price: int | None
    """Millionths of the currency unit."""
    currency: str | None
    timestamp: int
    placement: str | None


class Pulse(NamedTuple):
    """What happens just now."""

    events: int
    visitors: int
    newest: int | None
    """The moment of the event that came in last; None without events."""

    @property
    def per_minute(self) -> float:
        """How many events come in a minute."""
        return self.events * MINUTE / LATELY


def newest(db: Database, n: int, kind: str | None = None, segment: int | None = None) -> list[TailRow]:
    """Return the n events that came in last, newest first: all, or those of a kind or of a segment's members.

    Of what is rare, only those among the last `MOST` events are found.
    """
    query = select(*(events.c[name] for name in TailRow._fields)).order_by(events.c.seq.desc()).limit(n)
    wanted = [] if kind is None else [events.c.event == kind]
    wanted += [] if segment is None else [segments.is_of(events.c.user_id, segment)]
    with db.read() as connection:
        if wanted:
            last = connection.execute(select(func.max(events.c.seq))).scalar() or 0
            query = query.where(*wanted, events.c.seq > last - MOST)
        return [TailRow._make(row) for row in connection.execute(query)]


def pulse(db: Database, moment: int | None = None) -> Pulse:
    """Return how many events and visitors there were in the last minutes.

    Parameters
    ----------
    moment
        Now, if it is not the clock's.
    """
    today = now() if moment is None else moment
    visitor = func.coalesce(events.c.user_id, events.c.session_id)
    with db.read() as connection:
        last = connection.execute(select(func.max(events.c.seq))).scalar() or 0
        lately = (events.c.seq > last - MOST, events.c.timestamp > today - LATELY, events.c.timestamp <= today)
        counted = connection.execute(select(func.count(), func.count(visitor.distinct())).where(*lately)).one()
        moment_of_last = connection.execute(select(events.c.timestamp).where(events.c.seq == last)).scalar()
    return Pulse(*counted, moment_of_last)
