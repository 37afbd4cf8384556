import contextlib
import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from aisle.shop.errors import DatabaseUnavailable, SchemaError, SettingsError, StorageError
from aisle.storage.catalogue import items
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.migrations import upgrade
from aisle.storage.shoppers import users
from tests.storage import samples


def test_a_relative_url_is_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with connect("sqlite:///aisle.db", create=True) as db, db.read() as connection:
        connection.execute(text("SELECT 1"))
    assert (tmp_path / "aisle.db").exists()


def test_a_missing_file_names_the_path_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=rf"{tmp_path}/aisle\.db; run `aisle init`"):
        connect(f"sqlite:///{tmp_path}/aisle.db")
    assert not (tmp_path / "aisle.db").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=f"no folder {tmp_path}/nowhere"):
        connect(f"sqlite:///{tmp_path}/nowhere/aisle.db", create=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(DatabaseUnavailable, match="check the permissions"):
        connect(f"sqlite:///{tmp_path}/aisle.db", create=True)


@pytest.mark.parametrize("url", ["", "shop.db", "oracle://bob:s3cret@host/shop", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_known_kind_is_refused_without_showing_passwords(url: str) -> None:
    with pytest.raises(SettingsError, match=r"sqlite:///aisle\.db") as caught:
        connect(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["mysql", "mariadb+pymysql", "postgresql", "postgresql+psycopg"])
def test_a_server_that_does_not_answer_is_named_without_its_password(kind: str) -> None:
    answers_not = pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/shop does not answer")
    with connect(f"{kind}://bob:s3cret@127.0.0.1:1/shop") as db, answers_not as caught:
        events.count(db)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "aisle.db").write_bytes(b"user_id,item_id\n" * 1000)
    with connect(f"sqlite:///{tmp_path}/aisle.db") as db, pytest.raises(StorageError, match="no database at all"):
        events.count(db)


def test_a_database_without_tables_asks_for_an_upgrade(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    with connect(url, create=True) as db, pytest.raises(SchemaError, match="aisle db upgrade"):
        events.count(db)


def test_the_quick_reads_of_a_shelf_explain_errors_as_others_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/aisle.db"
    with connect(url, create=True) as db:
        with pytest.raises(SchemaError, match="aisle db upgrade"):
            events.of_user(db, "u", 10)
        upgrade(db)
        assert events.of_user(db, "u", 10) == []
    with connect("mysql://bob:s3cret@127.0.0.1:1/shop") as db, pytest.raises(DatabaseUnavailable) as caught:
        events.of_user(db, "u", 10)
    assert "s3cret" not in str(caught.value)


def test_a_transaction_that_raises_is_undone(db: Database) -> None:
    with contextlib.suppress(KeyError), db.write() as connection:
        connection.execute(text("INSERT INTO users (user_id) VALUES ('u')"))
        raise KeyError
    with db.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0


def test_a_broken_rule_of_a_table_is_a_storage_error(db: Database) -> None:
    with pytest.raises(StorageError, match="refuses: NOT NULL"), db.write() as connection:
        connection.execute(text("INSERT INTO users (user_id) VALUES (NULL)"))


def test_a_full_disk_says_so_and_reads_and_smaller_writes_go_on(db: Database) -> None:
    with db.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StorageError, match="the disk is full"):
        items.upsert(db, [samples.row("items", item_id="huge", title="x" * 100_000)])
    assert items.upsert(db, [samples.row("items", item_id="small")]).stored == 1
    assert set(items.get(db, ["huge", "small"])) == {"small"}


def test_a_writer_that_never_lets_go_is_reported_as_busy(db: Database) -> None:
    with db.read() as connection:
        connection.execute(text("PRAGMA busy_timeout=1"))
    busy = pytest.raises(DatabaseUnavailable, match="busy for too long")
    with connect(f"sqlite:///{db.name}") as other, other.write(), busy:
        users.upsert(db, [("u", None)])
    assert users.upsert(db, [("u", None)]).stored == 1
