"""What it takes to count a day: its events and shelves, and the earlier ones to which they may belong."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select

from aisle.shop import columns
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from aisle.storage.frames import stream_frames
from aisle.storage.parts import parts
from aisle.storage.shelves.impressions import ServedItem
from aisle.storage.tables import events, impressions

if TYPE_CHECKING:
    import polars as pl

EVENT_COLUMNS: Final = (
    columns.EVENT_ID,
    columns.EVENT,
    columns.USER_ID,
    columns.SESSION_ID,
    columns.ITEM_ID,
    columns.QUANTITY,
    columns.PRICE,
    columns.CURRENCY,
    columns.TIMESTAMP,
    columns.TRANSACTION_ID,
    columns.RECOMMENDATION_ID,
)

RETURN_DAYS: Final = 90
"""How long after its order a return is looked for."""

_TOUCHES: Final = (EventKind.SELECT_ITEM.value, EventKind.ADD_TO_CART.value)
_ROWS: Final = 50_000
_ITEMS: Final = list(columns.IMPRESSIONS).index(columns.ITEMS_SHOWN)


def newest(db: Database) -> int:
    """Return the number of the newest event; 0 without any."""
    with db.read() as connection:
        return connection.execute(select(func.max(events.c.seq))).scalar_one() or 0


def mix(db: Database, since: int, until: int) -> dict[str, int]:
    """Return how many events of each kind there were from a moment up to, not including, another."""
    moment = events.c.timestamp
    query = select(events.c.event, func.count()).where(moment >= since, moment < until).group_by(events.c.event)
    with db.read() as connection:
        return {str(kind): int(number) for kind, number in connection.execute(query)}


def events_of(db: Database, day: int) -> "pl.DataFrame":
    """Return the events of a day, and earlier ones to which they may belong.

    These are the clicks and carts on shelves of the day before, and of those who sent something back that day their
    clicks on shelves, carts and orders of the last `RETURN_DAYS`.
    """
    import polars as pl

    from aisle.shop.schemas import schema_of

    moment = events.c.timestamp
    touches = and_(events.c.recommendation_id.is_not(None), events.c.event.in_(_TOUCHES))
    bought = or_(touches, events.c.event == EventKind.PURCHASE.value)
    of_day = and_(moment >= day, moment < day + DAY)
    before = and_(moment >= day - DAY, moment < day, touches)
    frames = [*_frames(db, of_day), *_frames(db, before)]
    long_before = and_(moment >= day - RETURN_DAYS * DAY, moment < day, bought)
    for column, ids in _returners(db, of_day).items():
        for some in parts(ids):
            frames += _frames(db, and_(column.in_(some), long_before))
    schema = schema_of({name: columns.EVENTS[name] for name in EVENT_COLUMNS})
    return pl.concat([schema.to_frame(), *frames]).unique(columns.EVENT_ID, maintain_order=True)


def shelves_of(db: Database, day: int, named: Sequence[str]) -> "pl.DataFrame":
    """Return the shelves that were served on a day, and those of some ids; `items` are the ids of what stood there."""
    import polars as pl

    from aisle.shop.schemas import schema_of

    moment = impressions.c.timestamp
    wanted: list[ColumnElement[bool]] = [and_(moment >= day, moment < day + DAY)]
    wanted += [impressions.c.recommendation_id.in_(some) for some in parts(named)]
    schema = schema_of(columns.IMPRESSIONS) | {columns.ITEMS_SHOWN: pl.List(pl.String)}
    frames = [pl.DataFrame(_shelves(db, which), schema=schema, orient="row") for which in wanted]
    return pl.concat(frames).unique(columns.RECOMMENDATION_ID, maintain_order=True)


def first_moments(db: Database, user_ids: Sequence[str], kind: EventKind | None = None) -> "pl.DataFrame":
    """Return `user_id` and `timestamp` of the first event of each user, or of the first of a kind."""
    import polars as pl

    user, first = events.c.user_id, func.min(events.c.timestamp)
    query = select(user, first).group_by(user)
    if kind is not None:
        query = query.where(events.c.event == kind.value)
    with db.read() as connection:
        rows = [tuple(row) for some in parts(user_ids) for row in connection.execute(query.where(user.in_(some)))]
    return pl.DataFrame(rows, schema={columns.USER_ID: pl.String, columns.TIMESTAMP: pl.Int64}, orient="row")


def _frames(db: Database, which: ColumnElement[bool]) -> "Iterator[pl.DataFrame]":
    return stream_frames(db, events, EVENT_COLUMNS, _ROWS, which)


def _returners(db: Database, of_day: ColumnElement[bool]) -> dict[ColumnElement[Any], list[str]]:
    """Return who sent something back: users, and sessions without a user."""
    back = events.c.event == EventKind.REFUND.value
    nobody = events.c.user_id.is_(None)
    queries = {events.c.user_id: and_(of_day, back), events.c.session_id: and_(of_day, back, nobody)}
    with db.read() as connection:
        return {
            column: list(connection.execute(select(column).where(which, column.is_not(None)).distinct()).scalars())
            for column, which in queries.items()
        }


def _shelves(db: Database, which: ColumnElement[bool]) -> list[tuple[Any, ...]]:
    query = select(*(impressions.c[name] for name in columns.IMPRESSIONS)).where(which)
    with db.read() as connection:
        return [(*row[:_ITEMS], _item_ids(row[_ITEMS]), *row[_ITEMS + 1 :]) for row in connection.execute(query)]


def _item_ids(items: str) -> list[str]:
    return [item.item_id for item in msgspec.json.decode(items, type=list[ServedItem])]
