import logging
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text

from aisle.shop.errors import DatabaseUnavailable
from aisle.storage.connection import Database, connect
from aisle.storage.database.sqlite import choose_sqlite, is_safe, sqlite_engine
from aisle.storage.log import events
from tests.databases import new_shop
from tests.storage import samples


def _driver(version: str) -> ModuleType:
    module = ModuleType(f"sqlite {version}")
    vars(module).update(sqlite_version=version, sqlite_version_info=tuple(map(int, version.split("."))))
    return module


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 53, 0), (4, 0, 0)])
def test_versions_with_the_fix_are_safe(version: tuple[int, ...]) -> None:
    assert is_safe(version)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 49, 9), (3, 50, 6), (3, 51, 2)])
def test_versions_without_the_fix_are_not(version: tuple[int, ...]) -> None:
    assert not is_safe(version)


def test_the_first_safe_driver_is_taken() -> None:
    old, new = _driver("3.40.1"), _driver("3.53.0")
    assert choose_sqlite([old, new]) == (new, "WAL")


def test_without_a_safe_driver_the_slow_mode_is_taken_and_said(caplog: pytest.LogCaptureFixture) -> None:
    old = _driver("3.40.1")
    with caplog.at_level(logging.WARNING):
        assert choose_sqlite([old]) == (old, "DELETE")
    assert "3.40.1" in caplog.text
    assert "pysqlite3" in caplog.text


def _pragmas(db: Database) -> dict[str, Any]:
    names = ("journal_mode", "synchronous", "mmap_size", "foreign_keys", "busy_timeout")
    with db.read() as connection:
        return {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in names}


def test_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path}/aisle.db", create=True) as db:
        pragmas = _pragmas(db)
        journal_mode = {"wal": 2, "delete": 3}
        assert pragmas["synchronous"] == journal_mode[pragmas.pop("journal_mode")]
        assert pragmas["mmap_size"] == 0
        assert pragmas["foreign_keys"] == 1
        assert pragmas["busy_timeout"] >= 10_000


def test_the_slow_mode_makes_the_deletion_of_its_journal_durable(tmp_path: Path) -> None:
    with Database(sqlite_engine(tmp_path / "aisle.db", sqlite3, "DELETE"), "x") as db:
        pragmas = _pragmas(db)
        assert (pragmas["journal_mode"], pragmas["synchronous"]) == ("delete", 3)


def test_a_file_that_took_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with new_shop("sqlite", tmp_path) as url, new_shop("sqlite", tmp_path / "new") as new, connect(url) as db:
        with connect(new) as other:
            events.store(other, [samples.event(1, user_id="bob", item_id="cup")])
        assert events.count(db) == 0
        (tmp_path / "new" / "aisle.db").rename(tmp_path / "aisle.db")
        assert events.count(db) == 1


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with new_shop("sqlite", tmp_path) as url, connect(url) as db:
        events.count(db)
        (tmp_path / "aisle.db").rename(tmp_path / "elsewhere.db")
        with pytest.raises(DatabaseUnavailable, match="cannot be written"):
            events.count(db)
        assert not (tmp_path / "aisle.db").exists()
        (tmp_path / "elsewhere.db").rename(tmp_path / "aisle.db")
        assert events.count(db) == 0
