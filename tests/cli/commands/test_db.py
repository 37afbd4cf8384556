from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from aisle.storage import migrations
from aisle.storage.connection import connect
from tests.runner import Runner


@pytest.fixture
def shop(aisle: Runner, tmp_path: Path) -> Path:
    assert aisle("init", tmp_path / "shop").code == 0
    return tmp_path / "shop"


def _set_version(shop: Path, version: str) -> None:
    with connect(f"sqlite:///{shop}/aisle.db") as db, db.write() as connection:
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{version}'"))


def test_a_new_shop_needs_no_upgrade(aisle: Runner, shop: Path) -> None:
    assert f"is {migrations.HEAD} already" in aisle("-C", shop, "db", "upgrade").out


def test_a_database_without_tables_gets_them(aisle: Runner, shop: Path) -> None:
    (shop / "aisle.db").unlink()
    (shop / "aisle.db").touch()
    assert f"was none, now {migrations.HEAD}" in aisle("-C", shop, "db", "upgrade").out
    assert aisle("-C", shop, "db", "check").code == 0


def test_a_newer_database_is_refused_in_one_line(aisle: Runner, shop: Path) -> None:
    _set_version(shop, "9999")
    ran = aisle("-C", shop, "db", "upgrade")
    assert (ran.code, "newer Aisle" in ran.err, len(ran.err.splitlines())) == (2, True, 1)


def test_a_healthy_database_is_shown_as_it_is(aisle: Runner, shop: Path) -> None:
    ran = aisle("-C", shop, "db", "check")
    assert ran.code == 0
    for word in ("schema", migrations.HEAD, "SQLite 3.", "journal_mode", "integrity", "ok"):
        assert word in ran.out


def test_a_database_of_another_version_is_told_what_to_do(aisle: Runner, shop: Path) -> None:
    _set_version(shop, "0000")
    ran = aisle("-C", shop, "db", "check", "--json")
    schema = msgspec.json.decode(ran.out)[0]
    assert (schema["value"], "aisle db upgrade" in schema["remedy"]) == ("0000", True)
    assert ran.code == 2
    assert "needs attention: schema" in ran.err


def test_a_damaged_database_is_found_out(aisle: Runner, shop: Path) -> None:
    with connect(f"sqlite:///{shop}/aisle.db") as db, db.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'events_timestamp'").one()
    with (shop / "aisle.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 100)
    ran = aisle("-C", shop, "db", "check")
    assert ran.code == 2
    assert "damaged" in ran.out + ran.err


def test_without_a_database_the_remedy_is_named(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("-C", tmp_path, "db", "check")
    assert (ran.code, "aisle init" in ran.err) == (2, True)
