"""All tables as frames of one moment, and back into any database that Aisle knows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import polars as pl
from sqlalchemy import Connection, LargeBinary, Table, delete, exists, insert, select

from aisle.shop.columns import CREATED, TRANSACTION_ID, USER_ID
from aisle.storage.catalogue import item_changes as changes
from aisle.storage.connection import Database
from aisle.storage.database.dialects import restart_sequence
from aisle.storage.digest import digest
from aisle.storage.log import event_changes as changed_events
from aisle.storage.marts.tables import WITH_PEOPLE, WITHOUT_PEOPLE
from aisle.storage.shelves import days as day_counts
from aisle.storage.shoppers import erased as tombstones
from aisle.storage.shoppers.mentions import values
from aisle.storage.tables import (
    drift,
    erased,
    event_changes,
    events,
    item_changes,
    jobs,
    leases,
    metadata,
    rejects,
    reviews,
    segments,
)

PART_ROWS: Final = 100_000
"""How many rows a frame has at most."""

# Tombstones first, so that later rows of erased people are refused; events before reviews that name only their order.
_FIRST: Final = (erased, events)
_MARTS: Final = (*WITH_PEOPLE, *WITHOUT_PEOPLE)
_ANEW: Final = (item_changes, event_changes, *day_counts.TABLES, drift, leases, jobs, *_MARTS)
CARRIED: Final = tuple(table for table in metadata.sorted_tables if table not in _ANEW)
"""The tables of a backup. After a restore items and events count as changed, days are counted, and no work runs; marts
are empty until they are built again."""
_ORDER: Final = (*_FIRST, *(table for table in CARRIED if table not in _FIRST))


_PEOPLE: Final = (USER_ID, "came_as", "anonymous_id", "into_id")
"""The columns that name whose a row is: one who is erased is enough for it to stay away."""


class Part(NamedTuple):
    """Some rows of a table, every column of it."""

    table: str
    frame: pl.DataFrame


def dump(db: Database) -> Iterator[Part]:
    """Give every row of every table as of one moment, while others write.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    with db.snapshot() as connection:
        for table in _ORDER:
            query = select(table).order_by(*table.primary_key.columns)
            if table is erased:
                query = query.where(erased.c.digest != tombstones.LOCK)
            streamed = query.execution_options(stream_results=True, max_row_buffer=PART_ROWS)
            for rows in connection.execute(streamed).partitions(PART_ROWS):
                yield Part(str(table.name), pl.DataFrame(rows, schema=_schema(table), orient="row"))


def load(db: Database, parts: Iterable[Part]) -> dict[str, int]:
    """Replace every row of every table, in one transaction, and return how many rows each table got.

    The tombstones of the database stay. Rows of people with a tombstone, in the database or in the parts, are skipped.

    Raises
    ------
    StorageError
        If the database refuses; then nothing has changed.
    """
    counts = dict.fromkeys((str(table.name) for table in CARRIED), 0)
    with db.write() as connection:
        tombstones.lock(connection)
        for table in CARRIED:
            if table is not erased:
                connection.execute(delete(table))
        for table in (*day_counts.TABLES, *_MARTS):
            connection.execute(delete(table))
        living = _Living(connection)
        for name, frame in parts:
            rows = living.of(metadata.tables[name], frame.rows(named=True))
            if rows and name != erased.name:
                connection.execute(insert(metadata.tables[name]), rows)
            counts[name] += len(rows)
        for table in CARRIED:
            restart_sequence(connection, table)
        changes.enter_all(connection)
        changed_events.renew(connection)
    return counts


def is_empty(db: Database) -> bool:
    """Tell whether no table holds a row, but for tombstones and for segments, with which every shop starts."""
    with db.read() as connection:
        kept = (table for table in CARRIED if table not in (erased, segments))
        return not any(connection.execute(select(exists().select_from(table))).scalar() for table in kept)


class _Living:
    """Skips the rows of erased people, table after table in the order of `dump`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gone: set[bytes] | None = None
        self._orders: set[str] = set()

    def of(self, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows to insert; tombstones are added to those of the database."""
        if table is erased:
            tombstones.add(self._connection, {row["digest"]: row[CREATED] for row in rows})
            return rows
        if self._gone is None:
            self._gone = tombstones.digests(self._connection)
        return [row for row in rows if self._lives(table, row)] if self._gone else rows

    def _lives(self, table: Table, row: Mapping[str, Any]) -> bool:
        gone = self._gone or set()
        if table is rejects:
            return gone.isdisjoint(map(digest, values(row["raw"])))
        if row.get(USER_ID) is None:
            return table is not reviews or row[TRANSACTION_ID] not in self._orders
        lives = gone.isdisjoint(digest(row[name]) for name in _PEOPLE if row.get(name) is not None)
        if table is events and not lives and row[TRANSACTION_ID] is not None:
            self._orders.add(row[TRANSACTION_ID])
        return lives


def _schema(table: Table) -> pl.Schema:
    types = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    return pl.Schema(
        {
            column.name: pl.Binary() if isinstance(column.type, LargeBinary) else types[column.type.python_type]()
            for column in table.columns
        }
    )
