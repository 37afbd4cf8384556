"""Where SQLite, MariaDB/MySQL and PostgreSQL differ: drivers, connections, locks, and the SQL that each has of its own.

The other modules of `storage` are written in SQLAlchemy Core and call the functions here where that is not enough.
Three modules have more to tell of one database: `sqlite` chooses its engine, `health` reads its settings, and `search`
asks its full-text index.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from importlib import import_module
from operator import add, itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    Boolean,
    CompoundSelect,
    Connection,
    Dialect,
    Engine,
    Insert,
    Select,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

from aisle.shop.errors import Refused
from aisle.storage.database.sqlite import BUSY_SECONDS

DRIVERS: Final = {
    "sqlite": "sqlite",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
}
"""The kinds of database URLs, and the driver that each is opened with."""

SCHEMA_LOCK: Final = {
    "mysql": (
        f"SELECT GET_LOCK(LEFT(CONCAT('aisle ', DATABASE()), 64), {BUSY_SECONDS:.0f})",
        "DO RELEASE_LOCK(LEFT(CONCAT('aisle ', DATABASE()), 64))",
    ),
    "postgresql": (
        "SELECT 1 FROM pg_advisory_lock(hashtext('aisle'))",
        "SELECT pg_advisory_unlock(hashtext('aisle'))",
    ),
}
"""How a process takes and releases the lock for changing tables. SQLite needs none: all its writers take turns."""

TABLE_WAIT: Final = {"mysql": "SET SESSION lock_wait_timeout = 5", "postgresql": "SET LOCAL lock_timeout = '5s'"}
"""How a change of a table gives up after five seconds of waiting for its readers."""

_CONNECT_SECONDS: Final = 10
RECYCLE_SECONDS: Final = 300
"""How old a connection may be: a server or a firewall closes one that is not used."""

QUICK_POOL: Final = {
    "pool_size": 15,
    "max_overflow": 25,  # as many as there are threads, so that nobody waits for a connection
    "pool_reset_on_return": None,  # a read leaves nothing behind, and a rollback would be another exchange
    "skip_autocommit_rollback": True,
}
"""The pool of connections for the reads of requests."""


Query: TypeAlias = Select[Any] | CompoundSelect[Any]
"""What finds rows: a select, or the union of several."""


class QueryText(NamedTuple):
    """A query as a driver takes it."""

    text: str
    names: tuple[str, ...]
    """Of its parameters, in their order."""
    constants: Mapping[str, Any]
    """The values that it has itself."""


def open_server(url: URL, silence: float | None = None, *, quick: bool = False) -> Engine:
    """Return a pool of connections to a server; the first is made when it is first used.

    Parameters
    ----------
    silence
        After how many seconds without an answer a connection is given up; None: never.
    quick
        For the reads of requests: the server gives a statement up after that time, too, and a read is one exchange.
    """
    server = url.get_backend_name()
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS}
    pool: dict[str, Any] = {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
    if server == "mysql":
        # A value that does not fit must be refused, not cut; affected rows must be changed rows, for `insert_new`.
        arguments |= {"charset": "utf8mb4", "sql_mode": "TRADITIONAL", "client_flag": 0}
    if silence is not None:
        arguments["connect_timeout"] = max(1, round(min(silence, _CONNECT_SECONDS)))
        arguments |= {"read_timeout": silence, "write_timeout": silence} if server == "mysql" else {}
    if quick:
        pool = QUICK_POOL | {"isolation_level": "AUTOCOMMIT", "pool_timeout": silence, "pool_recycle": RECYCLE_SECONDS}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, paramstyle="format", **pool)
    if server == "postgresql":
        event.listen(engine, "connect", _plan_each_time)
        if silence is not None:
            limit_silence = import_module("aisle.storage.database.postgresql").limit_silence  # brings the driver
            limit_silence(engine, silence)
    if quick and silence is not None:
        event.listen(
            engine, "connect", partial(_limit_statements, server, 0.8 * silence)
        )  # rather than lose the connection
    return engine


def _limit_statements(server: str, seconds: float, connection: Any, _record: object) -> None:
    """Let the server give up what takes longer: a statement that nobody waits for any more would hold its locks."""
    if server == "postgresql":
        connection.execute(f"SET statement_timeout = {seconds * 1000:.0f}")
        connection.commit()
        return
    with connection.cursor() as cursor:
        is_mariadb = "mariadb" in connection.get_server_info().lower()
        limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {seconds * 1000:.0f}"
        cursor.execute(f"SET SESSION {limit}")


def _plan_each_time(connection: Any, _record: object) -> None:
    """Make PostgreSQL plan for the values at hand: a plan from when a table was small would keep reading all of it."""
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def snapshot_options(dialect: Dialect) -> dict[str, str]:
    """Return the options of a connection whose reads all see the database as of the first one."""
    return {} if dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}


def insert_new(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert the rows whose `digest` the table does not hold yet.

    Parameters
    ----------
    rows
        Plain tuples in the order of `writable(table)`; all may leave out the last columns.

    Returns
    -------
    int
        How many were inserted; the others are left as they are in the table.

    Raises
    ------
    Refused
        If the driver cannot send a value.
    """
    names, filled = _filled(connection.dialect, table, rows)
    try:
        return connection.exec_driver_sql(_insert_new_sql(connection.dialect, table, names), filled).rowcount
    except (OverflowError, UnicodeError) as error:
        raise Refused(f"{table.name} cannot hold a value: {error}") from error


def _filled(
    dialect: Dialect, table: Table, rows: Sequence[tuple[Any, ...]]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the columns that are required or that any row fills, and the values of the rows in these columns.

    Most logs leave half of the columns empty, and a driver takes as long for a null as for a value. SQLite's driver is
    slowest at nulls and at bytes, for which it looks for an adapter first; a bytearray it takes as it is.
    """
    names = writable(table)[: len(rows[0])]
    places = [place for place, name in enumerate(names) if not table.c[name].nullable or _any_fills(rows, place)]
    filled = list(map(itemgetter(*places), rows))
    if dialect.name == "sqlite":
        filled = _digests_first(filled)
    return tuple(names[place] for place in places), filled


def _digests_first(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows whose first column is a digest as SQLite's driver takes them quickest."""
    return [(bytearray(row[0]), *row[1:]) for row in rows]


def _any_fills(rows: Sequence[tuple[Any, ...]], place: int) -> bool:
    return rows[0][place] is not None or set(map(itemgetter(place), rows)) != {None}


def insert_or_update(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, or update those whose primary key exists; a null keeps the stored value."""
    if rows:
        connection.exec_driver_sql(_insert_or_update_sql(connection.dialect, table), list(rows))


def insert_or_add(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, or add what their last column holds to that of the rows whose primary key, a digest, exists."""
    if rows:
        given = _digests_first(rows) if connection.dialect.name == "sqlite" else list(rows)
        connection.exec_driver_sql(_insert_or_add_sql(connection.dialect, table), given)


def update_rows(
    connection: Connection, table: Table, names: Sequence[str], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Change some columns of rows that exist.

    Parameters
    ----------
    names
        The columns to change, some of `columns`.
    rows
        Values of `columns`: the primary key, every column that is required, and those to change.
    """
    if not rows:
        return
    if connection.dialect.name == "mysql":  # its driver sends every update by itself, and inserts together
        connection.exec_driver_sql(_change_sql(connection.dialect, table, tuple(names), tuple(columns)), list(rows))
        return
    text, order = _update_sql(connection.dialect, table, tuple(names), tuple(columns))
    connection.exec_driver_sql(text, list(map(itemgetter(*order), rows)))


def gives_plain_rows(dialect: Dialect, query: Select[Any]) -> bool:
    """Return whether the driver gives the rows of a query as they are, with nothing to convert, and one by one."""
    return dialect.name == "sqlite" and not any(isinstance(column.type, Boolean) for column in query.selected_columns)


def quick_rows(connection: PoolProxiedConnection, query: QueryText, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query as the driver gives them.

    Parameters
    ----------
    values
        The values of the named parameters that the query does not have itself.
    """
    given = {**query.constants, **values}
    cursor = connection.cursor()
    try:
        cursor.execute(query.text, tuple(map(given.__getitem__, query.names)))
        return list(cursor.fetchall())
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def as_text(query: Select[Any], most: int) -> Select[Any]:
    """Return a query for the first rows of another, at most so many, as one text: a JSON array of arrays, for a file.

    Its driver lets other threads take their turn at Python at each row. And SQLite prepares a query anew each time that
    its limit is bound, which takes as long as reading a hundred rows: here the limit is part of the query.
    """
    rows = query.limit(literal_column(str(most))).subquery()
    return select(func.json_group_array(func.json_array(*rows.c)))


def text_of(value: str | bytes) -> str:
    """Return an id of `quick_rows`, which MariaDB and MySQL give as bytes."""
    return value if isinstance(value, str) else value.decode()


def rows_with(connection: Connection, query: Select[Any], digests: Sequence[bytes]) -> list[tuple[Any, ...]]:
    """Return the rows of a query whose first column is one of some digests, as the driver gives them.

    Parameters
    ----------
    query
        A constant, as its text is kept; it has no parameters.
    digests
        At least one.
    """
    given = list(map(bytearray, digests)) if connection.dialect.name == "sqlite" else digests
    names = tuple(f"digest_{place}" for place in range(len(digests)))
    text = QueryText(_text_with_digests(connection.dialect, query, names), names, {})
    return quick_rows(connection.connection, text, dict(zip(names, given, strict=True)))


def insert_all(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, plain tuples in the order of `writable(table)`."""
    if rows:
        connection.exec_driver_sql(_insert_sql(connection.dialect, table), list(rows))


def restart_sequence(connection: Connection, table: Table) -> None:
    """Continue the table's own numbers after the highest one in it, as after a restore."""
    numbers = table.autoincrement_column
    if numbers is None or connection.dialect.name != "postgresql":
        return  # the others look at the highest number themselves
    sequence = func.pg_get_serial_sequence(table.name, numbers.name)
    connection.execute(select(func.setval(sequence, func.coalesce(func.max(numbers), 0) + 1, False)))


def writable(table: Table) -> list[str]:
    """Return the columns that an insert fills: all but the sequence number."""
    return [column.name for column in table.columns if column is not table.autoincrement_column]


@lru_cache(maxsize=256)
def query_text(dialect: Dialect, query: Query) -> QueryText:
    """Return a query, which is a constant, as a driver takes it."""
    compiled = query.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101
    return QueryText(str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params))


@lru_cache(maxsize=256)
def _insert_new_sql(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    insert = _insert(dialect, table)
    if dialect.name == "mysql":
        # Not INSERT IGNORE, which also ignores values that do not fit. A row set to what it holds counts as 0 changed.
        return _sql(insert.on_duplicate_key_update(digest=table.c.digest), dialect, names)
    return _sql(insert.on_conflict_do_nothing(index_elements=[table.c.digest]), dialect, names)


@lru_cache(maxsize=64)
def _insert_sql(dialect: Dialect, table: Table) -> str:
    return _sql(_insert(dialect, table), dialect, writable(table))


@lru_cache(maxsize=1024)
def _text_with_digests(dialect: Dialect, query: Select[Any], names: tuple[str, ...]) -> str:
    key = query.selected_columns[0]
    return str(query.where(key.in_([bindparam(name, type_=key.type) for name in names])).compile(dialect=dialect))


@lru_cache(maxsize=64)
def _insert_or_update_sql(dialect: Dialect, table: Table) -> str:
    others = [column.name for column in table.columns if not column.primary_key]
    return _insert_or_change_sql(dialect, table, others, func.coalesce)


@lru_cache(maxsize=64)
def _insert_or_add_sql(dialect: Dialect, table: Table) -> str:
    return _insert_or_change_sql(dialect, table, writable(table)[-1:], add)


def _insert_or_change_sql(
    dialect: Dialect, table: Table, names: Sequence[str], change: Callable[[Any, Any], Any]
) -> str:
    """Return the text of an insert that sets some columns of rows that exist to the change of the new and the old."""
    insert = _insert(dialect, table)
    fresh = insert.inserted if dialect.name == "mysql" else insert.excluded
    values = {name: change(fresh[name], table.c[name]) for name in names}
    if dialect.name == "mysql":
        return _sql(insert.on_duplicate_key_update(values), dialect, writable(table))
    changed = insert.on_conflict_do_update(index_elements=table.primary_key.columns, set_=values)
    return _sql(changed, dialect, writable(table))


@lru_cache(maxsize=64)
def _update_sql(
    dialect: Dialect, table: Table, names: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[str, tuple[int, ...]]:
    """Return the text of an update, and which of the columns stands at each of its places."""
    (key,) = table.primary_key.columns
    values: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    compiled = update(table).where(key == bindparam(f"to_{key.name}")).values(values).compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101
    return str(compiled), tuple(columns.index(name.removeprefix("to_")) for name in compiled.positiontup or ())


@lru_cache(maxsize=64)
def _change_sql(dialect: Dialect, table: Table, names: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Return the text of an insert of rows that exist, which changes some of their columns instead."""
    insert = _insert(dialect, table)
    return _sql(insert.on_duplicate_key_update({name: insert.inserted[name] for name in names}), dialect, columns)


def _insert(dialect: Dialect, table: Table) -> Any:
    own = import_module(f"sqlalchemy.dialects.{dialect.name}")  # only this one, as each takes time to import
    return own.insert(table).inline()


def _sql(statement: Insert, dialect: Dialect, names: Sequence[str]) -> str:
    return str(statement.compile(dialect=dialect, column_keys=names))
