"""The databases that tests run on: SQLite in two journal modes, and the servers that answer on this machine.

`AISLE_TEST_MYSQL_URL` and `AISLE_TEST_POSTGRES_URL` name other servers. A server that does not answer skips its tests,
unless `AISLE_TEST_REQUIRE_ALL=1` asks for all of them.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import URL, Connection, create_engine, insert, make_url
from sqlalchemy.exc import OperationalError

from aisle.storage import migrations
from aisle.storage.access.credentials import credentials
from aisle.storage.connection import Database, connect
from aisle.storage.database.sqlite import choose_sqlite, sqlite_drivers, sqlite_engine
from aisle.storage.log.passing import passing
from aisle.storage.shoppers.erased import LOCK
from aisle.storage.tables import erased, metadata

JOURNAL_MODES: Final = {"sqlite": "WAL", "sqlite-delete": "DELETE"}
"""SQLite as it usually runs, and as it falls back where no safe version is at hand."""

SERVERS: Final = {
    "mysql": os.environ.get("AISLE_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test"),
    "postgresql": os.environ.get("AISLE_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
}

KINDS: Final = (*JOURNAL_MODES, *SERVERS)

REQUIRED: Final = os.environ.get("AISLE_TEST_REQUIRE_ALL") == "1"


def needed(kind: str) -> None:
    """Skip the test if its server does not answer, or fail it where all are asked for."""
    problem = unreachable(kind) if kind in SERVERS else None
    if problem is not None and REQUIRED:
        pytest.fail(problem)
    if problem is not None:
        pytest.skip(problem)


@cache
def unreachable(kind: str) -> str | None:
    """Return why a server cannot be tested on, or None."""
    try:
        _execute(make_url(SERVERS[kind]), "SELECT 1")
    except OperationalError as error:
        return f"no {kind} server answers at {make_url(SERVERS[kind]).render_as_string()}: {error.orig}"
    return None


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database, lend its URL, and drop it. SQLite's goes into the folder."""
    if kind in JOURNAL_MODES:
        yield f"sqlite:///{folder}/aisle.db"
        return
    server, name = make_url(SERVERS[kind]), f"aisle_test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name}" + (" WITH (FORCE)" if kind == "postgresql" else ""))


def open_database(kind: str, url: str) -> Database:
    """Open a database, SQLite in the journal mode that the kind asks for."""
    if kind not in JOURNAL_MODES:
        return connect(url)
    path = Path(url.removeprefix("sqlite:///"))
    driver, _ = choose_sqlite(sqlite_drivers())
    return Database(sqlite_engine(path, driver, JOURNAL_MODES[kind]), str(path))


@contextmanager
def new_shop(kind: str, folder: Path) -> Iterator[str]:
    """Make a database with the tables of a shop, lend its URL, and drop it."""
    with new_database(kind, folder) as url:
        with open_database(kind, url) as db:
            migrations.upgrade(db)
        yield url


_COUNTED_UP = {
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND auto_increment > 1",
    "postgresql": """
        SELECT counted.relname FROM pg_sequences JOIN pg_class numbers ON numbers.relname = sequencename
        JOIN pg_depend ON pg_depend.objid = numbers.oid AND pg_depend.deptype IN ('a', 'i')
        JOIN pg_class counted ON counted.oid = pg_depend.refobjid WHERE last_value IS NOT NULL
    """,
}
"""Which tables have given numbers to rows, whether these are still there or not."""


def empty(db: Database) -> None:
    """Make a shop's tables as they were when they were new."""
    server, names = db.engine.dialect.name, [*metadata.tables, *credentials.tables, *passing.tables]
    with db.write() as connection:
        if server == "sqlite":
            for name in names:
                connection.exec_driver_sql(f"DELETE FROM {name}")
        elif used := _used(connection, server, names):
            for name in used if server == "mysql" else [", ".join(used)]:
                connection.exec_driver_sql(f"TRUNCATE {name}" + " RESTART IDENTITY" * (server == "postgresql"))
        connection.execute(insert(erased), {"digest": LOCK, "created": 0})


def _used(connection: Connection, server: str, names: Iterable[str]) -> list[str]:
    """Return the tables that something was stored in: to empty one takes a server some milliseconds."""
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    found = {name for query in (filled, _COUNTED_UP[server]) for (name,) in connection.exec_driver_sql(query)}
    return sorted(found.intersection(names))


def _execute(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
