"""The connection to the shop's database: open it, read, write, change tables, and explain what it refuses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from sqlalchemy import Connection, Engine, literal, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aisle.shop.errors import DatabaseUnavailable, Refused, SchemaError, SettingsError, StorageError, TryAgain
from aisle.storage.database.breaker import Breaker
from aisle.storage.database.dialects import (
    DRIVERS,
    SCHEMA_LOCK,
    TABLE_WAIT,
    Query,
    open_server,
    query_text,
    snapshot_options,
)
from aisle.storage.database.kept import MOST, KeptConnections
from aisle.storage.database.sqlite import BUSY_SECONDS, file_id, open_file
from aisle.storage.tables import events, item_changes, items

_URL_HELP: Final = (
    "write sqlite:///aisle.db, mysql+pymysql://user:password@host/shop or postgresql+psycopg://user:password@host/shop"
)


Transaction: TypeAlias = Connection
"""What `read`, `snapshot` and `write` lend, for those above who hand it on."""


@dataclass(frozen=True)
class Database:
    """An open database: a pool of connections that threads may share, and processes may not.

    `read`, `snapshot` and `write` raise `StorageError` if the database refuses.
    """

    engine: Engine
    name: str
    """What messages call it: a path or an address, never a password."""
    breaker: Breaker | None = None
    """What knows whether it is away; None: every caller finds out."""
    trips: bool = False
    """Whether a read that is not answered opens the breaker."""
    leaves_open: bool = False
    """Whether a read leaves a transaction open, which the pool ends."""

    @cached_property
    def _kept(self) -> KeptConnections:
        """The connections of `rows`."""
        return KeptConnections(self.engine, lambda: self.identity, 0 if self.leaves_open else MOST)

    @cached_property
    def _writing(self) -> Engine:
        """The same engine, for transactions that write."""
        return self.engine.execution_options(aisle_writes=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection for reading."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    def rows(self, query: Query, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query as the driver gives them: in a third of the time, for the queries of every shelf.

        Parameters
        ----------
        query
            A constant, as its text is kept.
        values
            Its parameters.
        """
        self.check()
        try:
            return self._kept.rows(query_text(self.engine.dialect, query), values)
        except Exception as error:
            self._explain(error)
            raise

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
        with self._explained(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        self.check()
        try:
            yield
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        """Raise what an error of the database means; of any other, nothing is known here."""
        driver = self.engine.dialect.loaded_dbapi
        if isinstance(error, DBAPIError):
            raise self._noted(error) from error
        if isinstance(error, driver.Error):
            known = DBAPIError.instance(None, None, error, driver.Error, dialect=self.engine.dialect)
            raise self._noted(known) from error
        if isinstance(error, PoolTimeout):
            raise DatabaseUnavailable(f"{self.name}: all connections are in use; try again") from error

    def _noted(self, error: StatementError) -> StorageError:
        """Return what an error means, and open the breaker if the database is away."""
        explained = explain(self.name, error)
        if isinstance(explained, DatabaseUnavailable):
            self._kept.drop()
        if self.trips and self.breaker is not None and isinstance(explained, DatabaseUnavailable):
            self.breaker.trip()
        return explained

    def as_if_away(self) -> "Database":
        """Return this database as it is for a caller whom it does not answer."""
        return replace(self, breaker=Breaker(self.name, lambda: None, is_open=True), trips=False)

    def check(self) -> None:
        """Raise `DatabaseUnavailable` if the database is known to be away."""
        if self.breaker is not None:
            self.breaker.check()

    @property
    def is_file(self) -> bool:
        """Whether it is a file, and no server."""
        return self.engine.dialect.name == "sqlite"

    @property
    def identity(self) -> object:
        """What tells the database from one that took its place; for a server, its address is all that is known."""
        return file_id(self.name) if self.is_file else None

    @property
    def seen(self) -> object:
        """The identity of the database that `rows` read last."""
        return self._kept.seen

    def close(self) -> None:
        """Close every connection."""
        if self.trips and self.breaker is not None:
            self.breaker.close()
        self._kept.drop()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect_for_requests(url: str, deadline: float, check: Callable[[Database], None] = lambda _: None) -> Database:
    """Open the shop's database for what requests read: quickly, or not at all.

    A read that takes longer fails, and opens a breaker: then all reads fail at once until the database answers again.

    Parameters
    ----------
    deadline
        How many seconds a read may take.
    check
        Raises `StorageError` if a database that answers again cannot be used.

    Raises
    ------
    StorageError, SettingsError
        As for `connect`.
    """
    db = connect(url, silence=deadline, quick=True)
    return replace(db, breaker=Breaker(db.name, partial(_probe, db, check)), trips=True)


def _probe(db: Database, check: Callable[[Database], None]) -> None:
    """Read from each of the tables that every request reads."""
    check(db)
    with db.read() as connection:
        for table in (events, items, item_changes):
            connection.execute(select(literal(1)).select_from(table).limit(1)).all()


def connect(url: str, *, create: bool = False, silence: float | None = None, quick: bool = False) -> Database:
    """Open the shop's database. A server is not contacted before the first read or write.

    Parameters
    ----------
    url
        `sqlite:///relative.db`, `sqlite:////absolute.db`, `mysql+pymysql://…` or `postgresql+psycopg://…`.
    create
        Whether a SQLite file that does not exist may be made.
    silence, quick
        As for `dialects.open_server`; a file is not waited for longer than `silence` if others lock it.

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
        engine = open_server(parsed, silence, quick=quick)
        name = f"{parsed.get_backend_name()}://{parsed.host}{port}/{parsed.database}"
        return Database(engine, name, leaves_open=not quick)
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError(f"the database URL {parsed} names no file; {_URL_HELP}")
    path = Path(parsed.database).absolute()
    busy_seconds = BUSY_SECONDS if silence is None else silence
    return Database(open_file(path, create=create, busy_seconds=busy_seconds), str(path))


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


def explain(name: str, error: StatementError) -> StorageError:
    """Return what a driver's error means for the people who run the shop."""
    text = str(error.orig).strip().partition("\n")[0]
    signs = f"{type(error.orig).__name__} {text}"
    for fragments, kind, remedy in _REMEDIES:
        if any(fragment in signs for fragment in fragments):
            return kind(f"database {name}: {remedy}")
    if isinstance(error, (OperationalError, InterfaceError)):
        return DatabaseUnavailable(f"database {name} does not answer; check that it runs and its URL is right: {text}")
    return Refused(f"database {name} refuses: {text}")
