"""Rows in: each stored once, or the latest for each id, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, Table, select

from aisle.shop.columns import TABLES
from aisle.shop.errors import TryAgain
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_new, insert_or_update
from aisle.storage.digest import digest
from aisle.storage.log import imports
from aisle.storage.log.imports import NO_IMPORT, Origin
from aisle.storage.log.repair import Changed, Unclear, remember, settle
from aisle.storage.parts import PART, parts
from aisle.storage.shoppers.owners import under_owners

if TYPE_CHECKING:
    import polars as pl

Rows: TypeAlias = "pl.DataFrame | Sequence[tuple[Any, ...]]"
"""What a store takes: a frame, or tuples in the order of the table's columns in `shop.columns`."""

RowStatus: TypeAlias = Literal["stored", "duplicate", "erased"]
"""What became of one row; `erased` is one of an erased person, which is refused."""

_TRIES = 10
"""How often a transaction is tried that other processes interfere with."""

_T = TypeVar("_T")


class Change(NamedTuple):
    """A row that changes what is stored under its id."""

    given: tuple[Any, ...]
    before: tuple[Any, ...] | None
    after: tuple[Any, ...]


OnChange: TypeAlias = Callable[[Connection, Sequence[Change]], None]

OnNew: TypeAlias = Callable[[Connection, Sequence[tuple[int, tuple[Any, ...]]]], Sequence[tuple[Any, ...]]]
"""Gets the new rows, each with its place among those given, joins the transaction, and returns the rows to insert."""


@dataclass(frozen=True)
class Stored:
    """What became of the rows of one call; the counts and `unclear` add up to all of them."""

    stored: int
    duplicate: int
    erased: int = 0
    """Rows of people who were erased: refused."""
    repaired: int = 0
    """Rows that were stored and are better known now."""
    unclear: tuple[Unclear, ...] = ()
    """Rows that could be one of several stored ones: left out."""


def store_once(db: Database, table: Table, rows: Rows, origin: Origin = NO_IMPORT) -> Stored:
    """Store rows in one transaction; a row whose id, its first column, is stored already counts as duplicate.

    Columns of a frame beyond those of the table are other ids under which a row may be stored, as `repair.settle` takes
    them.

    Raises
    ------
    InputError
        If the import that the rows are of was undone.
    StorageError
        If the database refuses; then none of the rows is stored.
    """
    given = as_tuples(table.name, rows)
    if not given:
        return Stored(0, 0)
    aliases = _aliases(table.name, rows)
    return transact(db, lambda connection: _store_new(connection, table, given, aliases, origin))


def _store_new(
    connection: Connection,
    table: Table,
    rows: Sequence[tuple[Any, ...]],
    aliases: Sequence[tuple[str | None, ...]],
    origin: Origin,
) -> Stored:
    imports.hold(connection, origin.number)
    owned = under_owners(connection, table, rows)
    kept = [row for row in owned if row is not None]
    erased = len(rows) - len(kept)
    if not aliases:
        stored = _insert_unknown(connection, table, kept, origin)
        return Stored(stored, len(kept) - stored, erased)
    others = [some for row, some in zip(owned, aliases, strict=True) if row is not None]
    settled = settle(connection, table, kept, others, origin)
    stored = _insert_unknown(connection, table, settled.new, origin)
    duplicate = settled.duplicate + len(settled.new) - stored
    return Stored(stored, duplicate, erased, settled.repaired, tuple(settled.unclear))


def _insert_unknown(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], origin: Origin) -> int:
    """Insert the rows whose ids the table does not hold, and return how many these are."""
    new = [(digest(row[0]), *row, origin.number) for row in rows]
    # Logs overlap in long stretches, and a look-up is quicker than an insert that finds its row there, above all on
    # MariaDB.
    if _known(connection, table, [row[0] for row in new[:PART]]):
        known = _known(connection, table, [row[0] for row in new])
        new = [row for row in new if row[0] not in known]
    return insert_new(connection, table, new) if new else 0


def store_each(
    db: Database, table: Table, rows: Sequence[tuple[Any, ...]], on_new: OnNew | None = None
) -> list[RowStatus]:
    """Do as `store_once`, and say of each row what became of it; of two rows with one id the first is stored."""
    if not rows:
        return []
    try:
        # Most rows are new: nothing is looked up until they turn out not to be.
        with db.write() as connection:
            return _store_each(connection, table, rows, set(), on_new)
    except TryAgain:
        digests = [digest(row[0]) for row in rows]
        return transact(
            db, lambda connection: _store_each(connection, table, rows, _known(connection, table, digests), on_new)
        )


def _store_each(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], known: set[bytes], on_new: OnNew | None
) -> list[RowStatus]:
    """Insert the rows that are not known, by their digests.

    Raises
    ------
    TryAgain
        If the table holds others of them too.
    """
    statuses: list[RowStatus] = []
    new: dict[bytes, tuple[int, tuple[Any, ...]]] = {}
    for place, row in enumerate(under_owners(connection, table, rows)):
        if row is None:
            statuses.append("erased")
        elif (key := digest(row[0])) in known or key in new:
            statuses.append("duplicate")
        else:
            statuses.append("stored")
            new[key] = place, (key, *row)
    given = list(new.values())
    inserted = on_new(connection, given) if on_new else [row for _, row in given]
    if inserted and insert_new(connection, table, inserted) != len(inserted):
        raise TryAgain(f"another process has stored some of these {table.name} meanwhile; try again")
    return statuses


def _known(connection: Connection, table: Table, digests: Sequence[bytes]) -> set[bytes]:
    """Return those of some digests that the table holds."""
    key, known = table.c.digest, set[bytes]()
    for some in parts(digests):
        known.update(connection.execute(select(key).where(key.in_(some))).scalars())
    return known


def transact(db: Database, work: Callable[[Connection], _T]) -> _T:
    """Do some work in one transaction; it is undone and tried again where other processes interfere."""
    for _ in range(_TRIES - 1):
        with suppress(TryAgain), db.write() as connection:
            return work(connection)
    with db.write() as connection:
        return work(connection)


def store_latest(
    db: Database, table: Table, rows: Rows, on_change: OnChange | None = None, origin: Origin = NO_IMPORT
) -> Stored:
    """Add or change the rows under the id in their first column, in one transaction.

    A null keeps what is stored, of several rows for one id the last wins, and rows that change nothing count as
    duplicates. `on_change` gets the changes and joins the transaction.

    Raises
    ------
    StorageError
        If the database refuses; then none of the rows is stored.
    """
    given = as_tuples(table.name, rows)
    if not given:
        return Stored(0, 0)
    return transact(db, lambda connection: _store_latest(connection, table, given, on_change, origin))


def _store_latest(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], on_change: OnChange | None, origin: Origin
) -> Stored:
    imports.hold(connection, origin.number)
    kept = [row for row in under_owners(connection, table, rows) if row is not None]
    changes = _changes(connection, table, kept)
    numbers = (origin.number if change.before is None else None for change in changes)
    insert_or_update(
        connection, table, [(*change.given, number) for change, number in zip(changes, numbers, strict=True)]
    )
    known = [Changed(change.after[0], change.before, change.after) for change in changes if change.before is not None]
    remember(connection, table, known, origin.number)
    if on_change is not None:
        on_change(connection, changes)
    return Stored(len(changes), len(kept) - len(changes), len(rows) - len(kept))


def _changes(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[Change]:
    """Return the rows that change something, in their order."""
    changes: list[Change] = []
    known = {row[0]: tuple(row) for row in by_ids(connection, table, [row[0] for row in rows])}
    for row in rows:
        before = known.get(row[0])
        after = row if before is None else _updated(before, row)
        if after != before:
            changes.append(Change(row, before, after))
            known[row[0]] = after
    return changes


def _updated(before: tuple[Any, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(old if new is None else new for old, new in zip(before, row, strict=True))


def as_tuples(table: str, rows: Rows) -> Sequence[tuple[Any, ...]]:
    """Return rows as tuples in the order of the table's columns in `shop.columns`."""
    if isinstance(rows, Sequence):
        return rows
    return rows.select(*TABLES[table]).rows()


def _aliases(table: str, rows: Rows) -> Sequence[tuple[str | None, ...]]:
    """Return the other ids of each row; nothing at all if there are none."""
    if isinstance(rows, Sequence) or rows.width == len(TABLES[table]):
        return []
    return rows.drop(TABLES[table]).rows()


def by_ids(connection: Connection, table: Table, ids: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield the columns of `shop.columns` of the rows with these ids, the table's primary key, in no promised order."""
    (key,) = table.primary_key.columns
    query = select(*(table.c[name] for name in TABLES[table.name]))
    for some in parts(ids):
        yield from connection.execute(query.where(key.in_(some)))
