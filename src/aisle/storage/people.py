"""What is held on a person: given out, erased, or put together with what was stored before they said who they are.

A person is a user id and the ids that were merged into it. Every table that can hold one is listed here; a test fails
for a table that is neither here nor said to be free of people.
"""

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, or_, select, update

from aisle.shop.columns import CREATED, TRANSACTION_ID, USER_ID
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import now
from aisle.storage import erased as tombstones
from aisle.storage.connection import Database
from aisle.storage.mentions import could_mention, mentions
from aisle.storage.tables import (
    erased,
    events,
    interactions,
    item_history,
    items,
    merged,
    models,
    recommendations,
    rejects,
    reviews,
    users,
)

BY_USER: Final = (events, reviews, users, recommendations, interactions, merged)
"""The tables whose rows are those of the user in their `user_id`."""

BY_TEXT: Final = (rejects,)
"""The tables whose rows may name a person anywhere in a text."""

WITHOUT_PEOPLE: Final = (items, item_history, models, erased)
"""The tables that hold nobody."""

ANONYMOUS_ID: Final = "anonymous_id"

_IDS_PER_QUERY: Final = 500


class Receipt(NamedTuple):
    """What was removed of a person, or moved from one id to another: how many rows of each table."""

    user_id: str
    ids: tuple[str, ...]
    """All the ids of the person: this one, and those that were merged into it."""
    rows: dict[str, int]
    moment: int


def export(db: Database, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is held on a person: the rows of each table, by column.

    Raises
    ------
    NotFound
        If nothing is held.
    """
    with db.snapshot() as connection:
        ids = _ids(connection, user_id)
        held = {table.name: _rows(connection, table, ids) for table in BY_USER}
        named = _naming(connection, ids)
        held[rejects.name] = [_plain(row) for seqs in _parts(named) for row in _by_seq(connection, seqs)]
    if not any(held.values()):
        raise NotFound(f"nothing is held on user {user_id!r}; ids are compared letter by letter")
    return held


def erase(db: Database, user_id: str) -> Receipt:
    """Remove everything that is held on a person, in one transaction, and leave tombstones for all their ids.

    A person of whom nothing is held gets a tombstone too: a backup or a file may still name them.
    """
    moment = now()
    with db.write() as connection:
        ids = _ids(connection, user_id)
        tombstones.bury(connection, ids, moment)
        removed = {table.name: connection.execute(delete(table).where(_of(table, ids))).rowcount for table in _DELETED}
        named = _naming(connection, ids)
        for seqs in _parts(named):
            connection.execute(delete(rejects).where(rejects.c.seq.in_(seqs)))
    return Receipt(user_id, ids, removed | {rejects.name: len(named)}, moment)


def merge(db: Database, anonymous_id: str, user_id: str) -> Receipt:
    """Make what was stored under an anonymous id a known user's, and remember that the two are one person.

    What comes in under the anonymous id later stays there until it is merged again. The user's own attributes stay;
    shelves and pairs that were worked out for the anonymous id are removed.

    Raises
    ------
    InputError
        If the two ids are the same, or one is that of an erased person.
    """
    if anonymous_id == user_id:
        raise InputError(f"user {user_id!r} cannot be merged into itself; name two ids")
    moment = now()
    with db.write() as connection:
        for one in tombstones.among(connection, {anonymous_id, user_id}):
            raise InputError(f"user {one!r} was erased; nothing can be merged with an erased person")
        moved = {table.name: _move(connection, table, anonymous_id, user_id) for table in (events, reviews)}
        moved[users.name] = _move_attributes(connection, anonymous_id, user_id)
        removed = {
            table.name: connection.execute(delete(table).where(table.c[USER_ID] == anonymous_id)).rowcount
            for table in (recommendations, interactions)
        }
        _move(connection, merged, anonymous_id, user_id)
        connection.execute(delete(merged).where(merged.c.anonymous_id.in_((anonymous_id, user_id))))
        connection.execute(insert(merged).values({ANONYMOUS_ID: anonymous_id, USER_ID: user_id, CREATED: moment}))
    return Receipt(user_id, (user_id, anonymous_id), moved | removed, moment)


# --- Whose a row is ---------------------------------------------------------------------------------------------------

# Reviews first: those that name only an order are found by the order's events.
_DELETED: Final = (reviews, events, users, recommendations, interactions, merged)


def _ids(connection: Connection, user_id: str) -> tuple[str, ...]:
    """Return all the ids of a person, this one first."""
    others = select(merged.c.anonymous_id).where(merged.c.user_id == user_id).order_by(merged.c.anonymous_id)
    return (user_id, *connection.execute(others).scalars())


def _of(table: Table, ids: Collection[str]) -> ColumnElement[bool]:
    """Return which rows of a table are a person's: a review without a user is of whoever placed the order."""
    named = table.c[USER_ID].in_(ids)
    if table is not reviews:
        return named
    orders = select(events.c.transaction_id).where(events.c.user_id.in_(ids), events.c.transaction_id.is_not(None))
    return or_(named, table.c[USER_ID].is_(None) & table.c[TRANSACTION_ID].in_(orders))


def _rows(connection: Connection, table: Table, ids: Collection[str]) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(_of(table, ids)).order_by(*table.primary_key.columns))
    return [_plain(row) for row in found]


def _naming(connection: Connection, ids: Collection[str]) -> list[int]:
    """Return the numbers of the rejects that name a person."""
    wanted = set(ids)
    texts = select(rejects.c.seq, rejects.c.raw).execution_options(stream_results=True)
    found = connection.execute(texts)
    return [row.seq for row in found if could_mention(row.raw, wanted) and mentions(row.raw, wanted)]


def _by_seq(connection: Connection, seqs: Collection[int]) -> Iterator[Any]:
    yield from connection.execute(select(rejects).where(rejects.c.seq.in_(seqs)).order_by(rejects.c.seq))


def _parts(seqs: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(seqs), _IDS_PER_QUERY):
        yield seqs[start : start + _IDS_PER_QUERY]


def _plain(row: Any) -> dict[str, Any]:
    """Return a row by column, without what only the database needs, and bytes as text."""
    values = row._asdict()
    return {
        name: value.decode(errors="replace") if isinstance(value, bytes) else value
        for name, value in values.items()
        if name not in ("seq", "digest")
    }


# --- From one id to another -------------------------------------------------------------------------------------------


def _move(connection: Connection, table: Table, anonymous_id: str, user_id: str) -> int:
    return connection.execute(update(table).where(table.c[USER_ID] == anonymous_id).values({USER_ID: user_id})).rowcount


def _move_attributes(connection: Connection, anonymous_id: str, user_id: str) -> int:
    """Give the user the anonymous one's attributes where they have none of their own."""
    known = select(func.count()).select_from(users).where(users.c.user_id == user_id)
    if not connection.execute(known).scalar_one():
        return _move(connection, users, anonymous_id, user_id)
    connection.execute(delete(users).where(users.c.user_id == anonymous_id))
    return 0
