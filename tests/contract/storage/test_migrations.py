import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text

from aisle.shop.errors import InputError, SchemaError
from aisle.storage import health, migrations
from aisle.storage.access.credentials import credentials
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.catalogue.search import FULL_TEXT
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.log.passing import passing
from aisle.storage.shoppers import merges
from aisle.storage.tables import metadata
from tests import databases
from tests.storage import samples

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"

def upgrade():
    op.add_column("events", sa.Column("colour", sa.Text))
    op.create_index("events_item", "events", ["item_id"])
    op.create_table("colours", sa.Column("name", sa.String(32), primary_key=True))
"""


def _make_old(db: Database, revision: str) -> None:
    """Make the tables as an older Aisle had them."""
    config = Config()
    config.set_main_option("script_location", str(migrations.SCRIPTS))
    with db.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _is_declared(name: str | None, _kind: str, _parents: object) -> bool:
    """Tell whether the code declares what has a name, which it does not for the full-text index."""
    return name is None or FULL_TEXT.fullmatch(name) is None


def _set_version(db: Database, version: str) -> None:
    with db.write() as connection:
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{version}'"))


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code be of a version that has one more migration."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrations.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "next.py").write_text(NEXT.format(head=migrations.HEAD))
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)
    monkeypatch.setattr(migrations, "HEAD", "next")


def test_the_migrations_make_exactly_the_tables_of_the_code(db: Database) -> None:
    with db.read() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "include_name": _is_declared}
        context = MigrationContext.configure(connection, opts=options)
        every_table = MetaData()
        for table in (*metadata.sorted_tables, *credentials.sorted_tables, *passing.sorted_tables):
            table.to_metadata(every_table)
        assert compare_metadata(context, every_table) == []


def test_the_version_of_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_new_database_passes_the_check(db: Database) -> None:
    migrations.check(db)


def test_upgrading_again_keeps_the_data(db: Database) -> None:
    events.store(db, samples.events(0, 3))
    migrations.upgrade(db)
    assert events.count(db) == 3


def test_a_filled_database_of_the_first_schema_keeps_its_rows(fresh_url: str) -> None:
    with connect(fresh_url, create=True) as db:
        _make_old(db, "0001")
        with db.write() as connection:
            connection.execute(text("INSERT INTO items (item_id, title, stock) VALUES ('i', 'Mug', 3)"))
            connection.execute(
                text("INSERT INTO events (digest, event_id, event, timestamp) VALUES ('0', 'e', 'search', 1)")
            )
        migrations.upgrade(db)
        migrations.check(db)
        item = items.get(db, ["i"])["i"]
        assert (item.title, item.stock, item.item_group_id, item.in_stock) == ("Mug", 3, None, None)
        assert [match.item_id for match in browse.search(db, ItemFilter(text="mug"), 5)] == ["i"]
        assert events.count(db) == 1


def test_a_merge_from_before_undos_stays_a_merge(fresh_url: str) -> None:
    with connect(fresh_url, create=True) as db:
        _make_old(db, "0012")
        with db.write() as connection:
            connection.execute(text("INSERT INTO merged (anonymous_id, user_id, created) VALUES ('a', 'b', 1)"))
        migrations.upgrade(db)
        events.store(db, [samples.event(1, user_id="a")])
        assert len(events.of_user(db, "b", 9)) == 1
        with pytest.raises(InputError, match="an older Aisle, which did not note what moved"):
            merges.unmerge(db, "a", "b")


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_an_older_or_newer_schema_is_refused_with_the_remedy(fresh_db: Database, version: str) -> None:
    _set_version(fresh_db, version)
    with pytest.raises(SchemaError, match=rf"{version}.*aisle db upgrade"):
        migrations.check(fresh_db)


def test_a_database_without_a_schema_is_refused_with_the_remedy(fresh_url: str) -> None:
    with connect(fresh_url, create=True) as db, pytest.raises(SchemaError, match="aisle db upgrade"):
        migrations.check(db)


def test_a_newer_database_cannot_be_upgraded(fresh_db: Database) -> None:
    _set_version(fresh_db, "9999")
    with pytest.raises(SchemaError, match="newer Aisle"):
        migrations.upgrade(fresh_db)


def test_two_processes_may_upgrade_at_once(fresh_url: str) -> None:
    code = (
        "import sys; from aisle.storage import connection, migrations\n"
        "with connection.connect(sys.argv[1], create=True) as db: migrations.upgrade(db)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, fresh_url]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    with connect(fresh_url) as db:
        migrations.check(db)


class Traffic:
    """A process of the old version that goes on writing."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.batches = 0
        self.problems: list[Exception] = []

    def _write(self) -> None:
        while not self._stopped.is_set():
            try:
                events.store(self._db, samples.events(1_000_000 + 10 * self.batches, 10))
            except Exception as error:
                self.problems.append(error)
                return
            self.batches += 1

    def wait_for_more(self) -> None:
        """Return when something more was stored, or nothing can be."""
        before = self.batches
        while self.batches < before + 2 and not self.problems:
            self._stopped.wait(0.01)

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()


@pytest.fixture
def traffic(kind: str, fresh_url: str, fresh_db: Database) -> Iterator[Traffic]:
    events.store(fresh_db, samples.events(0, 20_000))
    with databases.open_database(kind, fresh_url) as other:
        yield Traffic(other)


def test_a_filled_database_is_upgraded_while_others_write(
    kind: str, fresh_url: str, traffic: Traffic, next_version: None
) -> None:
    with databases.open_database(kind, fresh_url) as db, traffic:
        traffic.wait_for_more()
        migrations.upgrade(db)
        migrations.check(db)
        traffic.wait_for_more()
    assert traffic.problems == []
    with databases.open_database(kind, fresh_url) as db:
        assert events.count(db) == 20_000 + 10 * traffic.batches
        with db.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM events WHERE colour IS NOT NULL")).scalar() == 0


def test_a_whole_database_needs_nothing(db: Database) -> None:
    events.store(db, samples.events(0, 100))
    facts = {fact.name: fact for fact in health.examine(db)}
    assert facts["schema"].value == migrations.HEAD
    assert facts["integrity"].value == "ok"
    assert [fact for fact in facts.values() if fact.remedy] == []
    assert any(name in facts["engine"].value for name in ("SQLite 3.", "MariaDB", "MySQL 8", "MySQL 9", "PostgreSQL 1"))


def test_a_database_of_another_version_is_told_what_to_do(fresh_db: Database) -> None:
    _set_version(fresh_db, "0000")
    schema = health.examine(fresh_db)[0]
    assert (schema.value, "aisle db upgrade" in (schema.remedy or "")) == ("0000", True)


def test_a_database_without_tables_is_told_what_to_do(fresh_url: str) -> None:
    with connect(fresh_url, create=True) as db:
        schema = health.examine(db)[0]
    assert (schema.value, "aisle db upgrade" in (schema.remedy or "")) == ("none", True)


def test_the_live_path_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from aisle.storage import connection, migrations; from aisle.storage.catalogue import items\n"
        "from aisle.storage.log import rejects, writer; from aisle.storage.work import models\n"
        "print([name for name in ('alembic', 'polars', 'numpy') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
