"""The connection to the shop's database: open it, read, write, change tables, and explain what it refuses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aisle.shop.errors import DatabaseUnavailable, Refused, SchemaError, SettingsError, StorageError, TryAgain
from aisle.storage.dialects import (
    DRIVERS,
    SCHEMA_LOCK,
    TABLE_WAIT,
    open_server,
    query_text,
    quick_rows,
    snapshot_options,
)
from aisle.storage.sqlite import open_file

_URL_HELP: Final = (
    "write sqlite:///aisle.db, mysql+pymysql://user:password@host/shop or postgresql+psycopg://user:password@host/shop"
)


@dataclass(frozen=True)
class Database:
    """An open database: a pool of connections that threads may share, and processes may not.

    `read`, `snapshot` and `write` raise `StorageError` if the database refuses.
    """

    engine: Engine
    name: str
    """What messages call it: a path or an address, never a password."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for reading."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    def rows(self, query: Select[Any], values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query as the driver gives them: in a third of the time, for the queries of every shelf.

        Parameters
        ----------
        query
            A constant, as its text is kept.
        values
            Its parameters.
        """
        text = query_text(self.engine.dialect, query)
        with self._explained():
            connection = self.engine.raw_connection()
            try:
                rows = quick_rows(connection, text, values)
            except BaseException:
                connection.invalidate()  # nobody knows what it still waits for
                raise
            connection.close()
            return rows

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for reading that sees the database as of its first query, however long it is used."""
        options = snapshot_options(self.engine.dialect)
        with self._explained(), self.engine.execution_options(**options).connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection for one transaction: durable when the block ends, undone if it raises.

        On SQLite a writer waits for its turn before its first statement, so that none fails half way.
        """
        with self._explained(), self.engine.execution_options(aisle_writes=True).begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        driver = self.engine.dialect.loaded_dbapi
        try:
            yield
        except DBAPIError as error:
            raise explain(self.name, error) from error
        except driver.Error as error:
            wrapped = DBAPIError.instance(None, None, error, driver.Error, dialect=self.engine.dialect)
            raise explain(self.name, wrapped) from error
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
    """Open the shop's database. A server is not contacted before the first read or write.

    Parameters
    ----------
    url
        `sqlite:///relative.db`, `sqlite:////absolute.db`, `mysql+pymysql://…` or `postgresql+psycopg://…`.
    create
        Whether a SQLite file that does not exist may be made.

    Raises
    ------
    SettingsError
        If Aisle does not know this kind of URL.
    DatabaseUnavailable
        If a SQLite file is missing or its folder cannot be written.
    """
    try:
        parsed = make_url(url)
        driver = DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError):
        raise SettingsError(f"Aisle does not know this kind of database URL; {_URL_HELP}") from None
    parsed = parsed.set(drivername=driver)
    if driver != "sqlite":
        port = f":{parsed.port}" if parsed.port else ""
        return Database(open_server(parsed), f"{parsed.get_backend_name()}://{parsed.host}{port}/{parsed.database}")
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError(f"the database URL {parsed} names no file; {_URL_HELP}")
    path = Path(parsed.database).absolute()
    return Database(open_file(path, create=create), str(path))


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
    with _schema_lock(db), db.write() as connection:
        if wait := TABLE_WAIT.get(connection.dialect.name):
            connection.exec_driver_sql(wait)
        yield connection


@contextmanager
def _schema_lock(db: Database) -> Iterator[None]:
    if db.engine.dialect.name not in SCHEMA_LOCK:
        yield
        return
    lock, unlock = SCHEMA_LOCK[db.engine.dialect.name]
    with db.read() as connection:
        if not connection.exec_driver_sql(lock).scalar():
            raise DatabaseUnavailable(f"database {db.name}: another process is changing its tables; try again")
        try:
            yield
        finally:
            connection.exec_driver_sql(unlock)


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
"""Parts of drivers' messages, the error that each stands for, and the remedy."""


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
