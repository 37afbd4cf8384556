"""What is held on a person: given out, or erased.

A person is a user id and the ids that were merged into it. Every table is listed here as one that can hold people or
one that cannot; a test fails for a table that is not.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from aisle.shop.columns import TRANSACTION_ID, USER_ID
from aisle.shop.errors import NotFound
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.log import event_changes
from aisle.storage.marts import tables as mart_tables
from aisle.storage.parts import parts
from aisle.storage.shelves import changed_days
from aisle.storage.shoppers import erased as tombstones
from aisle.storage.shoppers import identities, merges
from aisle.storage.shoppers.mentions import could_mention, mentions
from aisle.storage.shoppers.receipt import Receipt
from aisle.storage.tables import (
    drift,
    erased,
    events,
    experiments,
    import_changes,
    imports,
    impressions,
    interactions,
    item_changes,
    item_days,
    item_history,
    items,
    jobs,
    leases,
    mail_shelves,
    merged,
    models,
    paged_shelves,
    placement_rules,
    recommendations,
    rejects,
    reviews,
    rule_drafts,
    segment_days,
    segment_members,
    segments,
    shelf_days,
    shop_days,
    trainings,
    users,
)
from aisle.storage.tables import event_changes as changed_blocks

BY_USER: Final = (
    events,
    reviews,
    users,
    impressions,
    recommendations,
    interactions,
    paged_shelves,
    mail_shelves,
    segment_members,
    *mart_tables.WITH_PEOPLE,
    merged,
    import_changes,
)
"""The tables whose rows are those of the user in their `user_id`."""

BY_TEXT: Final = (rejects,)
"""The tables whose rows may name a person anywhere in a text."""

WITHOUT_PEOPLE: Final = (
    items,
    item_history,
    item_changes,
    changed_blocks,
    models,
    trainings,
    imports,
    erased,
    shelf_days,
    item_days,
    shop_days,
    segment_days,
    drift,
    experiments,
    placement_rules,
    rule_drafts,
    leases,
    jobs,
    segments,
    *mart_tables.WITHOUT_PEOPLE,
)
"""The tables that hold nobody."""


def export(db: Database, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is held on a person: the rows of each table, by column.

    Raises
    ------
    NotFound
        If nothing is held.
    """
    with db.snapshot() as connection:
        ids = identities.ids_of(connection, user_id)
        held = {table.name: _rows(connection, table, ids) for table in BY_USER}
        held[rejects.name] = _rejects(connection, _naming(connection, ids))
        known = identities.known_users(connection, [user_id])
    if any(held.values()):
        return held
    if known:
        raise NotFound(f"user {user_id!r} was merged into {known[user_id]!r}; name that id")
    raise NotFound(f"nothing is held on user {user_id!r}; ids are compared letter by letter")


def erase(db: Database, user_id: str) -> Receipt:
    """Remove everything that is held on a person, in one transaction, and leave tombstones for all their ids.

    Of an id that was merged, this is what came in under it. A person of whom nothing is held gets a tombstone too: a
    backup or a file may still name them.
    """
    moment = now()
    with db.write() as connection:
        tombstones.lock(connection)
        if identities.merge_of(connection, user_id) is not None:
            merges.part(connection, user_id)
        ids = identities.ids_of(connection, user_id)
        tombstones.bury(connection, ids, moment)
        blocks = event_changes.blocks_of(connection, _of(events, ids))
        changed_days.mark(connection, _of(events, ids))
        removed = {table.name: connection.execute(delete(table).where(_of(table, ids))).rowcount for table in _DELETED}
        named = _naming(connection, ids)
        for some in parts(named):
            connection.execute(delete(rejects).where(rejects.c.seq.in_(some)))
        event_changes.enter(connection, blocks)
    return Receipt(user_id, ids, removed | {rejects.name: len(named)}, moment)


# --- Whose a row is ---------------------------------------------------------------------------------------------------

# Changes of rows first, then reviews: those that name only an order are found by the order's events.
_DELETED: Final = (
    import_changes,
    reviews,
    events,
    users,
    impressions,
    recommendations,
    interactions,
    paged_shelves,
    mail_shelves,
    segment_members,
    *mart_tables.WITH_PEOPLE,
    merged,
)


def _of(table: Table, ids: Collection[str]) -> ColumnElement[bool]:
    """Return which rows of a table are a person's: a review without a user is of whoever placed the order."""
    named = table.c[USER_ID].in_(ids)
    if table is import_changes:
        return or_(named, *(_changes_of(changed, ids) for changed in (events, reviews)))
    if table is not reviews:
        return named
    orders = select(events.c.transaction_id).where(events.c.user_id.in_(ids), events.c.transaction_id.is_not(None))
    return or_(named, table.c[USER_ID].is_(None) & table.c[TRANSACTION_ID].in_(orders))


def _changes_of(table: Table, ids: Collection[str]) -> ColumnElement[bool]:
    """Return which changes are of a person's rows in a table."""
    rows = select(table.c.seq).where(_of(table, ids))
    return (import_changes.c.table_name == table.name) & import_changes.c.row_seq.in_(rows)


def _rows(connection: Connection, table: Table, ids: Collection[str]) -> list[dict[str, Any]]:
    rows = connection.execute(select(table).where(_of(table, ids)).order_by(*table.primary_key.columns))
    return [_plain(row) for row in rows]


def _rejects(connection: Connection, seqs: Sequence[int]) -> list[dict[str, Any]]:
    query = select(rejects).order_by(rejects.c.seq)
    return [_plain(row) for some in parts(seqs) for row in connection.execute(query.where(rejects.c.seq.in_(some)))]


def _naming(connection: Connection, ids: Collection[str]) -> list[int]:
    """Return the numbers of the rejects that name a person."""
    wanted = set(ids)
    texts = connection.execute(select(rejects.c.seq, rejects.c.raw).execution_options(stream_results=True))
    return [row.seq for row in texts if could_mention(row.raw, wanted) and mentions(row.raw, wanted)]


def _plain(row: Any) -> dict[str, Any]:
    """Return a row by column, without what only the database needs, and bytes as text."""
    return {
        name: value.decode(errors="replace") if isinstance(value, bytes) else value
        for name, value in row._asdict().items()
        if name not in ("seq", "digest", "import_number", "row_seq", "row_id")
    }
