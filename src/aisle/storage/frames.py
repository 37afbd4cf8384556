"""Frames out: columns of a table, streamed in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, Table, select

from aisle.shop.columns import STORED
from aisle.shop.errors import InputError
from aisle.storage.connection import Database
from aisle.storage.database.dialects import gives_plain_rows

# Polars is imported only where frames are made: a page that shows a shelf reads plain rows and starts without it.
if TYPE_CHECKING:
    import polars as pl


def stream_frames(
    db: Database, table: Table | Subquery, columns: Sequence[str], batch_size: int, *where: ColumnElement[bool]
) -> Iterator["pl.DataFrame"]:
    """Yield some columns of a table as frames of at most `batch_size` rows, in no promised order; none without rows.

    Raises
    ------
    InputError
        If the table has no column of that name.
    """
    types = STORED[table.name]
    unknown = [name for name in columns if name not in types]
    if unknown or not columns:
        raise InputError(f"{table.name} has no column {unknown}; choose from {', '.join(types)}")
    query = select(*(table.c[name] for name in columns)).where(*where)
    return _frames(db, query, {name: types[name] for name in columns}, batch_size)


def _frames(db: Database, query: Select[Any], types: dict[str, str], batch_size: int) -> Iterator["pl.DataFrame"]:
    with db.read() as connection:
        yield from frames_of(connection, query, types, batch_size)


def frames_of(
    connection: Connection, query: Select[Any], types: dict[str, str], batch_size: int
) -> Iterator["pl.DataFrame"]:
    """Yield the rows of a query as frames of at most `batch_size` rows; `types` are those of its columns."""
    import polars as pl

    from aisle.shop.schemas import schema_of

    schema = schema_of(types)
    parts = _plain_parts if gives_plain_rows(connection.dialect, query) else _streamed_parts
    for part in parts(connection, query, batch_size):
        yield pl.DataFrame(part, schema=schema, orient="row")


def _streamed_parts(connection: Connection, query: Select[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield rows of which a server keeps those that were not fetched yet."""
    with connection.execute(query.execution_options(stream_results=True, max_row_buffer=size)) as rows:
        yield from rows.partitions(size)


def _plain_parts(connection: Connection, query: Select[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield rows as the driver gives them, in half the time."""
    with connection.execute(query) as rows:
        while rows.cursor is not None and (part := rows.cursor.fetchmany(size)):
            yield part
