"""The door to the shop's database, and everything in which SQLite, MariaDB/MySQL and PostgreSQL differ.

The other modules of `storage` say what they want in SQLAlchemy Core and ask this one for the few statements that each
database spells in its own way. Only `sqlite` chooses SQLite's engine, and `health` asks each database for what the
others do not have.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Dialect, Engine, Insert, Table, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aisle.shop.errors import DatabaseUnavailable, Refused, SchemaError, SettingsError, StorageError, TryAgain
from aisle.storage.sqlite import BUSY_SECONDS, open_file

_CONNECT_SECONDS: Final = 10

_DRIVERS: Final = {
    "sqlite": "sqlite",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
}
_URL_HELP: Final = (
    "write sqlite:///aisle.db, mysql+pymysql://user:password@host/shop or postgresql+psycopg://user:password@host/shop"
)


@dataclass(frozen=True)
class Database:
    """An open database: a pool of connections, safe to share between threads, not between processes."""

    engine: Engine
    name: str
    """What it is called in messages: a path or an address, never a password."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for reading; everything read inside is of one moment where the database can promise it.

        Raises
        ------
        StorageError
            If the database refuses, in words for people.
        """
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for reading that sees everything as it was at its first question, however long it takes.

        Raises
        ------
        StorageError
            If the database refuses, in words for people.
        """
        repeatable = {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self._explained(), self.engine.execution_options(**repeatable).connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection for one transaction: durable when the block ends, undone if it raises.

        On SQLite writers take turns from the first statement on, so none fails half way for another's sake.

        Raises
        ------
        StorageError
            If the database refuses, in words for people.
        """
        with self._explained(), self.engine.execution_options(aisle_writes=True).begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(self.name, error) from error
        except PoolTimeout as error:
            raise DatabaseUnavailable(f"{self.name}: all connections are in use; try again") from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(url: str, *, create: bool = False) -> Database:
    """Open the shop's database.

    A server is first spoken to when it is first asked for something.

    Parameters
    ----------
    url
        `sqlite:///relative.db`, `sqlite:////absolute.db`, `mysql+pymysql://…` or `postgresql+psycopg://…`.
    create
        Whether a SQLite file that is not there may be made.

    Raises
    ------
    SettingsError
        If the URL is of no kind that Aisle knows.
    DatabaseUnavailable
        If a SQLite file is missing or its folder cannot be written.
    """
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError):
        raise SettingsError(f"the database URL is of no kind that Aisle knows; {_URL_HELP}") from None
    parsed = parsed.set(drivername=driver)
    if driver == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError(f"the database URL {parsed} names no file; {_URL_HELP}")
        path = Path(parsed.database).absolute()
        return Database(open_file(path, create=create), str(path))
    return _open_server(parsed)


# --- Servers --------------------------------------------------------------------------------------------------------


def _open_server(url: URL) -> Database:
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS}
    if url.get_backend_name() == "mysql":
        # A value that does not fit must be refused, not cut; affected rows must be changed rows, for `insert_new`.
        arguments |= {"charset": "utf8mb4", "sql_mode": "TRADITIONAL", "client_flag": 0}
    engine = create_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        paramstyle="format",
        pool_pre_ping=True,
    )
    if url.get_backend_name() == "postgresql":
        event.listen(engine, "connect", _plan_each_time)
    port = f":{url.port}" if url.port else ""
    return Database(engine, f"{url.get_backend_name()}://{url.host}{port}/{url.database}")


def _plan_each_time(connection: Any, _record: object) -> None:
    """Let PostgreSQL plan for the values at hand: a plan from when a table was small would go on reading all of it."""
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


# --- Changing tables while others write -----------------------------------------------------------------------------

_SCHEMA_LOCK: Final = {
    "mysql": (
        f"SELECT GET_LOCK(LEFT(CONCAT('aisle ', DATABASE()), 64), {BUSY_SECONDS:.0f})",
        "DO RELEASE_LOCK(LEFT(CONCAT('aisle ', DATABASE()), 64))",
    ),
    "postgresql": (
        "SELECT 1 FROM pg_advisory_lock(hashtext('aisle'))",
        "SELECT pg_advisory_unlock(hashtext('aisle'))",
    ),
}

_BRIEFLY: Final = {"mysql": "SET SESSION lock_wait_timeout = 5", "postgresql": "SET LOCAL lock_timeout = '5s'"}


@contextmanager
def change_tables(db: Database) -> Iterator[Connection]:
    """Lend a connection for one transaction that changes tables; processes that would do the same wait for each other.

    On a server, a change gives up after five seconds if somebody reads a table all that time: waiting longer would hold
    up every writer behind it.

    Raises
    ------
    StorageError
        If the database refuses, or others keep it busy for too long.
    """
    with _alone(db), db.write() as connection:
        if briefly := _BRIEFLY.get(connection.dialect.name):
            connection.exec_driver_sql(briefly)
        yield connection


@contextmanager
def _alone(db: Database) -> Iterator[None]:
    """Hold the lock of whoever changes tables. SQLite needs none: there, all writers take turns."""
    if db.engine.dialect.name == "sqlite":
        yield
        return
    lock, unlock = _SCHEMA_LOCK[db.engine.dialect.name]
    with db.read() as connection:
        if not connection.exec_driver_sql(lock).scalar():
            raise DatabaseUnavailable(f"database {db.name}: another process is changing its tables; try again")
        try:
            yield
        finally:
            connection.exec_driver_sql(unlock)


# --- Statements that each database spells in its own way ------------------------------------------------------------


def insert_new(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert the rows whose `digest` the table does not hold yet.

    Parameters
    ----------
    rows
        Plain tuples in the order of `writable(table)`.

    Returns
    -------
    int
        How many were inserted; the others are left as they are in the table.

    Raises
    ------
    Refused
        If a value is of no kind that the driver can hand on.
    """
    names, filled = _filled(connection.dialect, table, rows)
    try:
        return connection.exec_driver_sql(_insert_new_sql(connection.dialect, table, names), filled).rowcount
    except (OverflowError, UnicodeError) as error:
        raise Refused(f"{table.name} cannot hold a value: {error}") from error


def _filled(
    dialect: Dialect, table: Table, rows: Sequence[tuple[Any, ...]]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the columns that must be filled or that any row fills, and what the rows have there.

    Most logs leave half of the columns empty, and a driver takes as long for a null as for a value. SQLite's is slow at
    nulls and bytes above all, which it offers to its adapters; a bytearray it takes as it is.
    """
    names = writable(table)
    places = [place for place, name in enumerate(names) if not table.c[name].nullable or _any_fills(rows, place)]
    filled = list(map(itemgetter(*places), rows))
    if dialect.name == "sqlite":
        filled = [(bytearray(row[0]), *row[1:]) for row in filled]  # the digest
    return tuple(names[place] for place in places), filled


def _any_fills(rows: Sequence[tuple[Any, ...]], place: int) -> bool:
    return rows[0][place] is not None or set(map(itemgetter(place), rows)) != {None}


def insert_or_update(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, or update those whose primary key is there; a null leaves the stored value as it is."""
    if rows:
        connection.exec_driver_sql(_insert_or_update_sql(connection.dialect, table), list(rows))


def insert_all(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, plain tuples in the order of `writable(table)`."""
    if rows:
        connection.exec_driver_sql(_insert_sql(connection.dialect, table), list(rows))


def restart_sequence(connection: Connection, table: Table) -> None:
    """Let the table's own numbers go on after the highest one that was given to it."""
    numbers = table.autoincrement_column
    if numbers is None or connection.dialect.name != "postgresql":
        return  # the others look at the highest number themselves
    sequence = func.pg_get_serial_sequence(table.name, numbers.name)
    connection.execute(select(func.setval(sequence, func.coalesce(func.max(numbers), 0) + 1, False)))


def writable(table: Table) -> list[str]:
    """Return the columns that an insert fills: all but the sequence number."""
    return [column.name for column in table.columns if column is not table.autoincrement_column]


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


@lru_cache(maxsize=64)
def _insert_or_update_sql(dialect: Dialect, table: Table) -> str:
    insert = _insert(dialect, table)
    fresh = insert.inserted if dialect.name == "mysql" else insert.excluded
    values = {
        column.name: func.coalesce(fresh[column.name], column) for column in table.columns if not column.primary_key
    }
    if dialect.name == "mysql":
        return _sql(insert.on_duplicate_key_update(values), dialect, writable(table))
    changed = insert.on_conflict_do_update(index_elements=table.primary_key.columns, set_=values)
    return _sql(changed, dialect, writable(table))


def _insert(dialect: Dialect, table: Table) -> Any:
    if dialect.name == "mysql":
        from sqlalchemy.dialects import mysql

        return mysql.insert(table).inline()
    if dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).inline()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table).inline()


def _sql(statement: Insert, dialect: Dialect, names: Sequence[str]) -> str:
    return str(statement.compile(dialect=dialect, column_keys=names))


# --- Refusals -------------------------------------------------------------------------------------------------------

_REMEDIES: Final[tuple[tuple[tuple[str, ...], type[StorageError], str], ...]] = (
    (
        ("no such table", "no such column", "no column named", "UndefinedTable", "UndefinedColumn", "(1146", "(1054"),
        SchemaError,
        "its tables are not those of this version of Aisle; run `aisle db upgrade`",
    ),
    (("DeadlockDetected", "(1213"), TryAgain, "two programs were in each other's way; try again"),
    (
        ("database is locked", "LockNotAvailable", "(1205"),
        DatabaseUnavailable,
        "another program has kept it busy for too long; try again",
    ),
    (
        ("disk is full", "DiskFull", "No space left", "(1114", "(1021"),
        StorageError,
        "the disk is full; free some space and run it again",
    ),
    (("readonly", "unable to open"), DatabaseUnavailable, "it cannot be written; check the permissions"),
    (("not a database", "malformed"), StorageError, "it is damaged or no database at all; restore a backup"),
)


def explain(name: str, error: DBAPIError) -> StorageError:
    """Return what a driver's error means for the people who run the shop."""
    text = str(error.orig).strip().partition("\n")[0]
    signs = f"{type(error.orig).__name__} {text}"
    for fragments, kind, remedy in _REMEDIES:
        if any(fragment in signs for fragment in fragments):
            return kind(f"database {name}: {remedy}")
    if isinstance(error, (OperationalError, InterfaceError)):
        return DatabaseUnavailable(f"database {name} does not answer; check that it runs and its URL is right: {text}")
    return Refused(f"database {name} refuses: {text}")
