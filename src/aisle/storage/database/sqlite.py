"""Which SQLite is safe, and the settings with which its commits survive a power cut."""

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

from aisle.shop.errors import DatabaseUnavailable

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for its turn."""

_CACHE_KIB: Final = 64 * 1024

_log = logging.getLogger(__name__)


def is_safe(version: tuple[int, ...]) -> bool:
    """Return whether a SQLite version is free of the WAL-reset bug, by which 3.7.0 to 3.51.2 can lose data."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def choose_sqlite(drivers: Iterable[ModuleType]) -> tuple[ModuleType, str]:
    """Return the first driver whose SQLite is safe with the journal mode WAL, or else the first one with DELETE."""
    available = list(drivers)
    for driver in available:
        if is_safe(driver.sqlite_version_info):
            return driver, "WAL"
    driver = available[0]
    _log.warning(
        "SQLite %s can lose data in its fast mode (WAL); using the slower journal_mode=DELETE. "
        "Install the package pysqlite3 or a newer Python to change that.",
        driver.sqlite_version,
    )
    return driver, "DELETE"


def sqlite_drivers() -> Iterator[ModuleType]:
    """Yield Python's own driver, then that of the package pysqlite3 if it is installed."""
    yield sqlite3
    try:
        import pysqlite3
    except ImportError:
        return
    yield pysqlite3


def open_file(path: Path, *, create: bool, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Open a database file with the safest SQLite that is installed.

    Parameters
    ----------
    create
        Whether it may be made.
    busy_seconds
        How long a lock of others is waited for.

    Raises
    ------
    DatabaseUnavailable
        If it is missing and may not be made, or cannot be written.
    """
    _check(path, create)
    return sqlite_engine(path, *choose_sqlite(sqlite_drivers()), busy_seconds)


def _check(path: Path, create: bool) -> None:
    if not path.parent.is_dir():
        raise DatabaseUnavailable(f"there is no folder {path.parent}; make it or run `aisle init` elsewhere")
    if not path.exists() and not create:
        raise DatabaseUnavailable(f"there is no database {path}; run `aisle init`")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise DatabaseUnavailable(f"the database {path} cannot be written; check the permissions of it and its folder")


def file_id(path: str | Path) -> tuple[int, int] | None:
    """Return what tells a file from one that took its place, or None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 # every shelf asks several times, and making a path takes longer
    except OSError:
        return None
    return status.st_dev, status.st_ino


def sqlite_engine(path: Path, driver: ModuleType, journal_mode: str, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Return an engine whose commits survive a power cut, and which notices that its file was replaced."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=driver,
        connect_args={"isolation_level": None, "timeout": busy_seconds},
        hide_parameters=True,
    )
    pragmas = (
        f"journal_mode={journal_mode}",
        # A rollback journal that comes back after a power cut would undo a commit; EXTRA makes its deletion durable.
        f"synchronous={'FULL' if journal_mode == 'WAL' else 'EXTRA'}",
        "mmap_size=0",
        "foreign_keys=ON",
        f"cache_size=-{_CACHE_KIB}",
    )

    opened = False

    @event.listens_for(engine, "do_connect")
    def refuse_to_begin_anew(*_: object) -> None:
        if opened and not path.exists():
            raise driver.OperationalError("unable to open database file, which is gone")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        nonlocal opened
        opened, record.info["file"] = True, file_id(path)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "checkout")
    def notice(_connection: Any, record: Any, _proxy: object) -> None:
        if record.info["file"] != file_id(path):
            raise DisconnectionError(f"{path} was replaced")  # SQLAlchemy connects again

    # With isolation_level None the driver begins no transactions itself, as its BEGIN comes too late for a writer.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("aisle_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
