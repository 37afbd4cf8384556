"""The health of the database: its schema, its engine, the settings it depends on, and its integrity."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from aisle.shop.errors import SchemaError
from aisle.storage import migrations
from aisle.storage.connection import Database
from aisle.storage.tables import metadata

_ENGINE_VERSION: Final = {
    "sqlite": "SELECT 'SQLite ' || sqlite_version()",
    "mysql": "SELECT CONCAT(IF(version() LIKE '%%MariaDB%%', '', 'MySQL '), version())",
    "postgresql": "SELECT 'PostgreSQL ' || current_setting('server_version')",
}

_DURABILITY: Final[dict[str, dict[str, tuple[str, frozenset[str]]]]] = {
    "sqlite": {
        "journal_mode": ("PRAGMA journal_mode", frozenset({"wal", "delete"})),
        "synchronous": ("PRAGMA synchronous", frozenset({"2", "3"})),
    },
    "mysql": {
        name: (f"SELECT @@GLOBAL.{name}", frozenset({"1"}))
        for name in ("innodb_flush_log_at_trx_commit", "innodb_doublewrite")
    },
    "postgresql": {
        "fsync": ("SHOW fsync", frozenset({"on"})),
        "full_page_writes": ("SHOW full_page_writes", frozenset({"on"})),
        "synchronous_commit": ("SHOW synchronous_commit", frozenset({"on", "local", "remote_write", "remote_apply"})),
    },
}
"""The settings on which a commit's survival of a power cut depends: how to ask, and the safe values."""

_UNSAFE: Final = "a power cut may undo a commit; set it back to the database's default"


class Fact(NamedTuple):
    """A fact about a database."""

    name: str
    value: str
    remedy: str | None = None
    """What to do about it; None if all is well."""


def examine(db: Database) -> list[Fact]:
    """Examine a database; this reads the whole of it.

    Raises
    ------
    StorageError
        If the database does not answer.
    """
    schema = _schema(db)
    with db.read() as connection:
        facts = [schema, Fact("engine", _engine_version(connection))]
        for name, value, safe in _durability(connection):
            facts.append(Fact(name, value, None if safe else _UNSAFE))
        if schema.remedy is None:
            facts.append(_integrity(connection))
    return facts


def _schema(db: Database) -> Fact:
    try:
        version = migrations.version(db)
    except SchemaError:
        version = None
    if version == migrations.HEAD:
        return Fact("schema", version)
    return Fact("schema", version or "none", f"this Aisle works with {migrations.HEAD}; run `aisle db upgrade`")


def _integrity(connection: Connection) -> Fact:
    problems = damage(connection, list(metadata.tables))
    if not problems:
        return Fact("integrity", "ok")
    return Fact("integrity", "; ".join(problems[:3]), "it is damaged; restore a backup")


def _engine_version(connection: Connection) -> str:
    """Return the database's name and version."""
    return str(connection.exec_driver_sql(_ENGINE_VERSION[connection.dialect.name]).scalar_one())


def _durability(connection: Connection) -> Iterator[tuple[str, str, bool]]:
    """Yield the settings on which a commit's survival of a power cut depends: name, value, whether it is safe."""
    for name, (query, safe) in _DURABILITY[connection.dialect.name].items():
        value = str(connection.exec_driver_sql(query).scalar_one()).lower()
        yield name, value, value in safe


def damage(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Read the whole of some tables, and return what is wrong with them."""
    match connection.dialect.name:
        case "sqlite":
            lines = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
            return [line for line in lines if line != "ok"]
        case "mysql":
            checked = connection.exec_driver_sql(f"CHECK TABLE {', '.join(tables)}")
            return [f"{table}: {text}" for table, _, kind, text in checked if kind != "status" or text != "OK"]
        case _:
            # PostgreSQL checks the pages that it reads: the check is to read all of them, and damage is an error.
            connection.exec_driver_sql("SET LOCAL enable_indexonlyscan = off")
            for table in tables:
                connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608  our own names
            return []
