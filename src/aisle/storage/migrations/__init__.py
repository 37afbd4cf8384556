"""The schema's history: make a database, bring an older one up to date, or check that it is.

Alembic is imported only to change a schema; its version is one small query.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import String, column, select, table

from aisle.shop.errors import SchemaError
from aisle.storage.access.signing_key import signing_key
from aisle.storage.connection import Database, change_tables

HEAD: Final = "0028"
"""The schema that this code works with: the newest migration."""

SCRIPTS: Final = Path(__file__).parent
"""Where Alembic finds `env.py` and the migrations."""

VERSION_TABLE: Final = "aisle_version"
"""The table with the schema's version: Aisle's own, as other programs that use Alembic may share the database."""

_VERSION: Final = select(column("version_num", String)).select_from(table(VERSION_TABLE))


def upgrade(db: Database) -> None:
    """Bring the database to this code's schema, in one transaction if the database can.

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
    signing_key(db)  # made now, so that no request has to wait for a write


def version(db: Database) -> str | None:
    """Return the schema of a database; None if its table of versions is empty.

    Raises
    ------
    SchemaError
        If it has no tables of Aisle.
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
    schema = version(db)
    if schema != HEAD:
        raise SchemaError(
            f"database {db.name} has schema {schema or 'none'} and this Aisle works with {HEAD}; run `aisle db upgrade`"
        )
