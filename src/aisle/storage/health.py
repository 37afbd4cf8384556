"""How the database is: its schema, its engine, what its promises rest on, and whether it is whole."""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from aisle.shop.errors import SchemaError
from aisle.storage import connect, migrations
from aisle.storage.connect import Database
from aisle.storage.tables import metadata

_SETTING: Final = "a power cut may undo a commit; set it back to the database's default"


class Fact(NamedTuple):
    """One thing about a database."""

    name: str
    value: str
    remedy: str | None = None
    """What to do about it; None where all is well."""


def examine(db: Database) -> list[Fact]:
    """Look a database over; this reads the whole of it.

    Raises
    ------
    StorageError
        If the database does not answer.
    """
    schema = _schema(db)
    with db.read() as connection:
        facts = [schema, Fact("engine", connect.engine_version(connection))]
        for name, value, safe in connect.durability(connection):
            facts.append(Fact(name, value, None if safe else _SETTING))
        if schema.remedy is None:
            facts.append(_integrity(connection))
    return facts


def _schema(db: Database) -> Fact:
    try:
        found = migrations.version(db)
    except SchemaError:
        found = None
    if found == migrations.HEAD:
        return Fact("schema", found)
    return Fact("schema", found or "none", f"this Aisle works with {migrations.HEAD}; run `aisle db upgrade`")


def _integrity(connection: Connection) -> Fact:
    problems = connect.damage(connection, list(metadata.tables))
    if not problems:
        return Fact("integrity", "ok")
    return Fact("integrity", "; ".join(problems[:3]), "it is damaged; restore a backup")
