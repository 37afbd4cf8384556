"""Which ids are one person's: anonymous ids, and the known user that each was merged into.

The ids of a person are a tree: each was merged into one other id, and at the root stands the known user, to whom all
belong. A merge hangs an id, with all below it, under another one; its undo cuts it off again.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from aisle.storage.database.column_types import ID
from aisle.storage.parts import parts
from aisle.storage.tables import merged

_INTO: Final = func.coalesce(merged.c.into_id, merged.c.user_id)
"""The id that one was merged into: the end of the chain, where an older Aisle noted nothing else."""


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


def known_user_of(connection: Connection, user_id: str) -> str:
    """Return the known user whom an id belongs to, itself if it was never merged."""
    return known_users(connection, [user_id]).get(user_id, user_id)


def ids_of(connection: Connection, user_id: str) -> tuple[str, ...]:
    """Return an id and those that were merged into it, this one first."""
    return (user_id, *sorted(_below(_tree(connection, user_id), user_id)))


class Merge(NamedTuple):
    """What an id was merged into."""

    into_id: str
    """The id that was named."""
    traced: bool
    """Whether it is known of all its rows under which id they came in."""


def merge_of(connection: Connection, anonymous_id: str) -> Merge | None:
    """Return what an id was merged into, or None if it was not."""
    query = select(_INTO, merged.c.traced).where(merged.c.anonymous_id == anonymous_id)
    row = connection.execute(query).first()
    return None if row is None else Merge(*row)


def join(connection: Connection, anonymous_id: str, user_id: str, created: int) -> str:
    """Enter that an id and those below it are a known user's; return that user, at the end of a chain of merges.

    Two ids that were merged the other way round change places.
    """
    tree, root = _tree(connection, user_id), known_user_of(connection, user_id)
    if tree.get(anonymous_id) == user_id:
        return root
    ids = ids_of(connection, anonymous_id)
    if user_id in ids:
        _forget(connection, user_id)
        if anonymous_id in tree:
            _enter(connection, user_id, tree[anonymous_id], root, created)
        else:
            root = user_id
    _move(connection, ids[1:], root)
    _forget(connection, anonymous_id)
    _enter(connection, anonymous_id, user_id, root, created)
    return root


def part(connection: Connection, anonymous_id: str) -> None:
    """Enter that an id, and those below it, are a person of their own."""
    below = ids_of(connection, anonymous_id)[1:]
    _forget(connection, anonymous_id)
    _move(connection, below, anonymous_id)


def _tree(connection: Connection, user_id: str) -> dict[str, str]:
    """Return what each of a person's ids was merged into."""
    root = known_user_of(connection, user_id)
    rows = connection.execute(select(merged.c.anonymous_id, _INTO).where(merged.c.user_id == root))
    return {row[0]: row[1] for row in rows}


def _below(tree: Mapping[str, str], top: str) -> set[str]:
    below, found = set[str](), {top}
    while found:
        found = {one for one, into_id in tree.items() if into_id in found}
        below |= found
    return below


def _move(connection: Connection, ids: Collection[str], root: str) -> None:
    """Give some ids another known user; what they were merged into stays."""
    # In this order: MySQL computes each value from those before it.
    moved = update(merged).ordered_values((merged.c.into_id, _INTO), (merged.c.user_id, root))
    for some in parts(list(ids)):
        connection.execute(moved.where(merged.c.anonymous_id.in_(some)))


def _forget(connection: Connection, anonymous_id: str) -> None:
    connection.execute(delete(merged).where(merged.c.anonymous_id == anonymous_id))


def _enter(connection: Connection, anonymous_id: str, into_id: str, root: str, created: int) -> None:
    values = {"anonymous_id": anonymous_id, "user_id": root, "into_id": into_id, "traced": True, "created": created}
    connection.execute(insert(merged).values(values))
