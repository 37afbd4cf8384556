"""Between tables and frames: rows in, streamed frames out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, Select, Table, select

from aisle.shop.columns import TABLES
from aisle.shop.errors import InputError, TryAgain
from aisle.storage.connection import Database
from aisle.storage.dialects import insert_new, insert_or_update
from aisle.storage.digest import digest
from aisle.storage.erased import lives, living

# Polars is imported where frames are made only: a page that shows a shelf reads plain rows and starts without it.
if TYPE_CHECKING:
    import polars as pl

Rows: TypeAlias = "pl.DataFrame | Sequence[tuple[Any, ...]]"
"""What a store takes: a frame, or tuples in the order of the table's columns in `shop.columns`."""

Fate: TypeAlias = Literal["stored", "duplicate", "erased"]
"""What became of one row; `erased` is one of an erased person, which is refused."""

_IDS_PER_QUERY: Final = 500

_TRIES: Final = 10
"""How often a transaction is begun that others get in the way of."""

_T = TypeVar("_T")


class Change(NamedTuple):
    """A row that says something new, and what it makes of the one that is stored."""

    said: tuple[Any, ...]
    before: tuple[Any, ...] | None
    after: tuple[Any, ...]


@dataclass(frozen=True)
class Stored:
    """What became of the rows of one call; the three add up to all of them."""

    stored: int
    duplicate: int
    erased: int = 0
    """Rows of people who were erased: refused."""

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.stored + other.stored, self.duplicate + other.duplicate, self.erased + other.erased)


def store_once(db: Database, table: Table, rows: Rows) -> Stored:
    """Store, in one transaction, the rows whose first column is an id that the table does not hold yet."""
    given = plain(table.name, rows)
    if not given:
        return Stored(0, 0)
    return transact(db, lambda connection: _insert_living(connection, table, given))


def _insert_living(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> Stored:
    kept = living(connection, table, rows)
    new = [(digest(row[0]), *row) for row in kept]
    # Logs overlap in long stretches. Looking is quicker than an insert that finds its row there, above all on MariaDB.
    if _known(connection, table, [row[0] for row in new[:_IDS_PER_QUERY]]):
        known = _known(connection, table, [row[0] for row in new])
        new = [row for row in new if row[0] not in known]
    stored = insert_new(connection, table, new) if new else 0
    return Stored(stored, len(kept) - stored, len(rows) - len(kept))


def store_each(db: Database, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[Fate]:
    """Do as `store_once`, and say of each row what became of it; of two rows with one id the first is stored."""
    if not rows:
        return []
    try:
        # Most rows are new: nothing is looked up until they turn out not to be.
        with db.write() as connection:
            return _insert_each(connection, table, rows, set())
    except TryAgain:
        digests = [digest(row[0]) for row in rows]
        return transact(
            db, lambda connection: _insert_each(connection, table, rows, _known(connection, table, digests))
        )


def _insert_each(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], known: set[bytes]
) -> list[Fate]:
    """Insert the rows of living people that are not known.

    Raises
    ------
    TryAgain
        If the table holds others of them too.
    """
    fates: list[Fate] = []
    new: dict[bytes, tuple[Any, ...]] = {}
    for row, alive in zip(rows, lives(connection, table, rows), strict=True):
        key = digest(row[0])
        if not alive:
            fates.append("erased")
        elif key in known or key in new:
            fates.append("duplicate")
        else:
            fates.append("stored")
            new[key] = (key, *row)
    if new and insert_new(connection, table, list(new.values())) != len(new):
        raise TryAgain(f"another process has stored some of these {table.name} meanwhile; try again")
    return fates


def _known(connection: Connection, table: Table, digests: Sequence[bytes]) -> set[bytes]:
    """Return those of some digests that the table holds."""
    key, known = table.c.digest, set[bytes]()
    for start in range(0, len(digests), _IDS_PER_QUERY):
        known.update(connection.execute(select(key).where(key.in_(digests[start : start + _IDS_PER_QUERY]))).scalars())
    return known


def transact(db: Database, work: Callable[[Connection], _T]) -> _T:
    """Do some work in one transaction; where other processes get in its way, it is undone and done again."""
    for _ in range(_TRIES - 1):
        with suppress(TryAgain), db.write() as connection:
            return work(connection)
    with db.write() as connection:
        return work(connection)


def store_latest(
    db: Database, table: Table, rows: Rows, also: Callable[[Connection, Sequence[Change]], None] | None = None
) -> Stored:
    """Store rows under the id in their first column, in one transaction; rows that change nothing count as duplicate.

    A null says nothing: it leaves what is stored. `also` is told of the changes and joins the transaction.
    """
    given = plain(table.name, rows)
    if not given:
        return Stored(0, 0)
    return transact(db, lambda connection: _change_living(connection, table, given, also))


def _change_living(
    connection: Connection,
    table: Table,
    rows: Sequence[tuple[Any, ...]],
    also: Callable[[Connection, Sequence[Change]], None] | None,
) -> Stored:
    kept = living(connection, table, rows)
    changes = _changes(connection, table, kept)
    insert_or_update(connection, table, [change.said for change in changes])
    if also is not None:
        also(connection, changes)
    return Stored(len(changes), len(kept) - len(changes), len(rows) - len(kept))


def _changes(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> list[Change]:
    """Return the rows that say something new, in their order."""
    changes: list[Change] = []
    known = {row[0]: tuple(row) for row in by_ids(connection, table, [row[0] for row in rows])}
    for row in rows:
        old = known.get(row[0])
        new = row if old is None else _merged(old, row)
        if new != old:
            changes.append(Change(row, old, new))
            known[row[0]] = new
    return changes


def _merged(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(before if now is None else now for before, now in zip(old, new, strict=True))


def plain(table: str, rows: Rows) -> Sequence[tuple[Any, ...]]:
    """Return rows as tuples in the order of the table's columns in `shop.columns`."""
    if isinstance(rows, Sequence):
        return rows
    return rows.select(*TABLES[table]).rows()


def by_ids(connection: Connection, table: Table, ids: Sequence[str]) -> Iterator[Row[Any]]:
    """Yield the rows with these ids, which are the table's primary key, in no promised order."""
    (key,) = table.primary_key.columns
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield from connection.execute(select(table).where(key.in_(ids[start : start + _IDS_PER_QUERY])))


def chosen(table: Table, columns: Sequence[str]) -> Select[Any]:
    """Return a query of some of a table's columns.

    Raises
    ------
    InputError
        If the table has no column of that name.
    """
    unknown = [name for name in columns if name not in TABLES[table.name]]
    if unknown or not columns:
        raise InputError(f"{table.name} has no column {unknown}; choose from {', '.join(TABLES[table.name])}")
    return select(*(table.c[name] for name in columns))


def frames(db: Database, table: Table, query: Select[Any], batch_size: int) -> Iterator["pl.DataFrame"]:
    """Yield what a query of a table's columns finds as frames of `batch_size` rows, in bounded memory.

    Nothing found yields no frame.
    """
    import polars as pl

    from aisle.shop.schemas import schema_of

    schema = schema_of({column.name: TABLES[table.name][column.name] for column in query.selected_columns})
    with db.read() as connection:
        streaming = connection.execution_options(stream_results=True, max_row_buffer=batch_size)
        with streaming.execute(query) as found:
            for part in found.partitions(batch_size):
                yield pl.DataFrame(part, schema=schema, orient="row")
