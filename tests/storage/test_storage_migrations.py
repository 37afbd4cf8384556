import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from aisle.shop.errors import SchemaError
from aisle.storage import events, items, migrations
from aisle.storage.connect import Database, connect
from aisle.storage.tables import metadata
from tests.storage import samples


def _make_old(db: Database, revision: str) -> None:
    """Make the tables as an older Aisle had them."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with db.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _set_version(db: Database, version: str) -> None:
    with db.write() as connection:
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{version}'"))


def test_the_migrations_make_exactly_the_tables_of_the_code(db: Database) -> None:
    with db.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrations.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_the_version_of_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_new_database_passes_the_check(db: Database) -> None:
    migrations.check(db)


def test_upgrading_again_keeps_the_data(db: Database) -> None:
    events.store(db, samples.events(0, 3))
    migrations.upgrade(db)
    assert events.count(db) == 3


def test_a_filled_database_of_the_first_schema_keeps_its_rows(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/aisle.db", create=True) as db:
        _make_old(db, "0001")
        with db.write() as connection:
            connection.execute(text("INSERT INTO items (item_id, title, stock) VALUES ('i', 'Mug', 3)"))
            connection.execute(
                text("INSERT INTO events (digest, event_id, event, timestamp) VALUES ('0', 'e', 'search', 1)")
            )
        migrations.upgrade(db)
        migrations.check(db)
        found = items.get(db, ["i"])["i"]
        assert (found.title, found.stock, found.item_group_id, found.in_stock) == ("Mug", 3, None, None)
        assert events.count(db) == 1


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_an_older_or_newer_schema_is_refused_with_the_remedy(db: Database, version: str) -> None:
    _set_version(db, version)
    with pytest.raises(SchemaError, match=rf"{version}.*aisle db upgrade"):
        migrations.check(db)


def test_a_database_without_a_schema_is_refused_with_the_remedy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    with connect(url, create=True) as db, pytest.raises(SchemaError, match="aisle db upgrade"):
        migrations.check(db)


def test_a_newer_database_cannot_be_upgraded(db: Database) -> None:
    _set_version(db, "9999")
    with pytest.raises(SchemaError, match="newer Aisle"):
        migrations.upgrade(db)


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    code = (
        "import sys; from aisle.storage import connect, migrations\n"
        "with connect.connect(sys.argv[1], create=True) as db: migrations.upgrade(db)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, url]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    with connect(url) as db:
        migrations.check(db)


def test_the_live_path_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from aisle.storage import connect, events, items, migrations, models, rejects\n"
        "print([name for name in ('alembic', 'polars', 'numpy') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
