"""Migration and check of a shop's database."""

from aisle.app.settings import Settings
from aisle.shop.errors import SchemaError
from aisle.storage import health, migrations
from aisle.storage.connection import Database, connect
from aisle.storage.health import Fact


def upgrade_database(settings: Settings) -> tuple[str | None, str]:
    """Migrate the tables to the schema of this version, and return the schema before and after.

    Raises
    ------
    StorageError
        If the database is missing, refuses, or was migrated by a newer Aisle.
    """
    with connect(settings.database_url) as db:
        before = _version(db)
        migrations.upgrade(db)
    return before, migrations.HEAD


def _version(db: Database) -> str | None:
    try:
        return migrations.version(db)
    except SchemaError:
        return None


def check_database(settings: Settings) -> list[Fact]:
    """Check a database; this reads all of it.

    Raises
    ------
    StorageError
        If the database is missing or does not answer.
    """
    with connect(settings.database_url) as db:
        return health.examine(db)
