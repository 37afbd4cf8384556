"""The schema's history: make a database, bring an older one up to date, or say that it is not.

Alembic is imported only where a schema is changed; asking for the version is one small query.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import String, column, select, table

from aisle.shop.errors import SchemaError
from aisle.storage.connection import Database, change_tables

HEAD: Final = "0004"
"""The schema that this code works with: the newest migration."""

SCRIPTS: Final = Path(__file__).parent
"""Where Alembic finds `env.py` and the migrations."""

VERSION_TABLE: Final = "aisle_version"
"""Where a database says which schema it has: Aisle's own table, as other users of Alembic may share the database."""

_VERSION: Final = select(column("version_num", String)).select_from(table(VERSION_TABLE))


def upgrade(db: Database) -> None:
    """Bring the database to this code's schema, in one transaction where the database can; does nothing if it is there.

    Raises
    ------
    SchemaError
        If the database was made by a newer Aisle.
    StorageError
        If the database refuses.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    with change_tables(db) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise SchemaError(
                f"database {db.name} was made by a newer Aisle ({error}); install that version"
            ) from error


def version(db: Database) -> str | None:
    """Return the schema that a database has; None if it has tables but says of none.

    Raises
    ------
    SchemaError
        If it has no tables of ours.
    StorageError
        If the database does not answer.
    """
    with db.read() as connection:
        return connection.execute(_VERSION).scalar()


def check(db: Database) -> None:
    """Make sure that the database has this code's schema.

    Raises
    ------
    SchemaError
        If it has an older or a newer one, or none.
    StorageError
        If the database does not answer.
    """
    found = version(db)
    if found != HEAD:
        raise SchemaError(
            f"database {db.name} has schema {found or 'none'} and this Aisle works with {HEAD}; run `aisle db upgrade`"
        )
