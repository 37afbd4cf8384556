"""Which ids are one person's: anonymous ids, and the known user that each was merged into.

No id is both: where a known user is merged into another, so are the ids that led to the first one.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from aisle.storage.parts import parts
from aisle.storage.tables import ID, merged


def known_user(parameter: str) -> ColumnElement[Any]:
    """Return an expression for the user whom an id belongs to, itself if it was never merged.

    Parameters
    ----------
    parameter
        The name under which a query gets the id.
    """
    user_id = bindparam(parameter, type_=ID)
    return func.coalesce(select(merged.c.user_id).where(merged.c.anonymous_id == user_id).scalar_subquery(), user_id)


def known_users(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the known users of those of some ids that were merged into one."""
    pairs = select(merged.c.anonymous_id, merged.c.user_id)
    known: dict[str, str] = {}
    for some in parts(list(ids)):
        rows = connection.execute(pairs.where(merged.c.anonymous_id.in_(some)))
        known.update((row.anonymous_id, row.user_id) for row in rows)
    return known


def ids_of(connection: Connection, user_id: str) -> tuple[str, ...]:
    """Return all the ids of a person, this one first."""
    others = select(merged.c.anonymous_id).where(merged.c.user_id == user_id).order_by(merged.c.anonymous_id)
    return (user_id, *connection.execute(others).scalars())


def remember(connection: Connection, anonymous_id: str, user_id: str, created: int) -> str:
    """Enter that an id and those that led to it are a known user's; return that user, at the end of a chain of merges.

    Two ids that were merged the other way round change places.
    """
    known = known_users(connection, [user_id]).get(user_id, user_id)
    if known == anonymous_id:
        known = user_id
    connection.execute(update(merged).where(merged.c.user_id == anonymous_id).values(user_id=known))
    connection.execute(delete(merged).where(merged.c.anonymous_id.in_((anonymous_id, known))))
    connection.execute(insert(merged).values(anonymous_id=anonymous_id, user_id=known, created=created))
    return known
