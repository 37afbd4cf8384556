"""Two ids that are one person's: what is stored under one becomes the other's, and goes back where that was wrong.

A row that moves keeps the id under which it came in (`came_as`), and so does a row that comes in under a merged id
later: an undo gives back exactly these. Attributes never move; `users` says whose count.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, literal, update

from aisle.shop.columns import USER_ID
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.database.column_types import ID
from aisle.storage.log import event_changes, interactions
from aisle.storage.marts.tables import WITH_PEOPLE
from aisle.storage.rows import transact
from aisle.storage.shelves import changed_days
from aisle.storage.shoppers import erased, identities
from aisle.storage.shoppers.receipt import Receipt
from aisle.storage.tables import (
    events,
    import_changes,
    impressions,
    mail_shelves,
    paged_shelves,
    recommendations,
    reviews,
    segment_members,
    users,
)
from aisle.storage.tables import interactions as pairs

_MOVED: Final = (events, reviews, impressions, import_changes)
"""The tables whose rows become another id's."""

_COMPUTED: Final = (recommendations, pairs, paged_shelves, mail_shelves, segment_members, *WITH_PEOPLE)
"""The tables whose rows were computed for one id, and are removed."""


def merge(db: Database, anonymous_id: str, user_id: str) -> Receipt:
    """Make what is stored under an anonymous id, and what comes in under it later, a known user's.

    Where the known user was merged too, all belongs to the user at the end of that chain. Shelves and interactions that
    were computed for the anonymous id are removed. A merge that was cut off is completed by repeating it.

    Raises
    ------
    InputError
        If the two ids are the same, or one is that of an erased person.
    """
    if anonymous_id == user_id:
        raise InputError(f"user {user_id!r} cannot be merged into itself; name two ids")
    moment = now()
    known = transact(db, lambda connection: _join(connection, anonymous_id, user_id, moment))
    # From here on nothing is stored under the anonymous id: its rows can be moved while others store.
    rows = transact(db, lambda connection: _move_rows(connection, anonymous_id))
    return Receipt(known, (known, anonymous_id), rows, moment)


def unmerge(db: Database, anonymous_id: str, user_id: str) -> Receipt:
    """Undo a merge in one transaction: what came in under the anonymous id, before it and since, is its own again.

    Ids that were merged into the anonymous one go with it.

    Raises
    ------
    NotFound
        If there is no such merge, or it was undone.
    InputError
        If one of the two was erased, or the merge was made by an Aisle that did not note what moved.
    """
    return transact(db, lambda connection: _unmerge(connection, anonymous_id, user_id))


def part(connection: Connection, anonymous_id: str) -> dict[str, int]:
    """Give an id, and those that were merged into it, back what came in under them; return how many rows that were.

    Until the transaction ends, nobody stores.
    """
    user_id = identities.known_user_of(connection, anonymous_id)
    ids = identities.ids_of(connection, anonymous_id)
    concerned = _came_under(events, user_id, ids)
    interactions.forget_pairs(connection, concerned)
    changed_days.mark(connection, concerned)
    rows = {table.name: _give_back(connection, table, user_id, ids) for table in _MOVED}
    # What was computed with these rows may show one person what another one looked at.
    shown = (recommendations, paged_shelves, mail_shelves, segment_members, *WITH_PEOPLE)
    rows |= {table.name: _remove(connection, table, user_id) for table in shown}
    identities.part(connection, anonymous_id)
    return rows


# --- From one id to another -------------------------------------------------------------------------------------------


def _join(connection: Connection, anonymous_id: str, user_id: str, moment: int) -> str:
    """Enter a merge, once everybody who is storing is done, and return the known user."""
    erased.lock(connection)
    for erased_id in erased.among(connection, {anonymous_id, user_id}):
        raise InputError(f"user {erased_id!r} was erased; nothing can be merged with an erased person")
    return identities.join(connection, anonymous_id, user_id, moment)


def _move_rows(connection: Connection, old: str) -> dict[str, int]:
    """Move everything from an id to the user whose it is at this moment: a merge may have followed, or an undo."""
    erased.share_lock(connection)
    new = identities.known_user_of(connection, old)
    if new == old:
        return dict.fromkeys((table.name for table in (*_MOVED, *_COMPUTED)), 0)
    changed_days.mark(connection, events.c.user_id == old)
    rows = {table.name: _move(connection, table, old, new) for table in _MOVED}
    return rows | {table.name: _remove(connection, table, old) for table in _COMPUTED}


def _move(connection: Connection, table: Table, old: str, new: str) -> int:
    came_as = func.nullif(func.coalesce(table.c.came_as, literal(old, ID)), literal(new, ID))
    moved = update(table).where(table.c[USER_ID] == old)
    blocks = event_changes.blocks_of(connection, events.c[USER_ID] == old) if table is events else []
    if table is import_changes:  # those of attributes are told by the id that these stay under
        moved = moved.where(table.c.table_name != users.name)
    rows = connection.execute(moved.values({USER_ID: new, "came_as": came_as})).rowcount
    event_changes.enter(connection, blocks)
    return rows


def _remove(connection: Connection, table: Table, user_id: str) -> int:
    return connection.execute(delete(table).where(table.c[USER_ID] == user_id)).rowcount


# --- And back ---------------------------------------------------------------------------------------------------------


def _unmerge(connection: Connection, anonymous_id: str, user_id: str) -> Receipt:
    erased.lock(connection)
    for erased_id in sorted(erased.among(connection, {anonymous_id, user_id})):
        raise InputError(f"user {erased_id!r} was erased; a merge with an erased person cannot be undone")
    _check_merged(connection, anonymous_id, user_id)
    ids = identities.ids_of(connection, anonymous_id)
    return Receipt(anonymous_id, ids, part(connection, anonymous_id), now())


def _check_merged(connection: Connection, anonymous_id: str, user_id: str) -> None:
    made = identities.merge_of(connection, anonymous_id)
    if made is None:
        raise NotFound(f"user {anonymous_id!r} is not merged into {user_id!r}, or no longer; there is nothing to undo")
    if made.into_id != user_id:
        raise NotFound(
            f"user {anonymous_id!r} is merged into {made.into_id!r} now, not into {user_id!r}; "
            f"name {made.into_id!r}, or merge it into {user_id!r} again first"
        )
    if not made.traced:
        raise InputError(
            f"user {anonymous_id!r} was merged by an older Aisle, which did not note what moved; it cannot be undone"
        )


def _give_back(connection: Connection, table: Table, user_id: str, ids: Collection[str]) -> int:
    """Give the first of some ids what came in under any of them."""
    owner = next(iter(ids))
    values = {USER_ID: owner, "came_as": func.nullif(table.c.came_as, literal(owner, ID))}
    which = _came_under(table, user_id, ids)
    blocks = event_changes.blocks_of(connection, which) if table is events else []
    rows = connection.execute(update(table).where(which).values(values)).rowcount
    event_changes.enter(connection, blocks)
    return rows


def _came_under(table: Table, user_id: str, ids: Collection[str]) -> ColumnElement[bool]:
    return (table.c[USER_ID] == user_id) & table.c.came_as.in_(ids)
