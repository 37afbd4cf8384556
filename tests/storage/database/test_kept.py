"""Connections that are kept for quick reads, and given up when they may no longer be trusted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, event, literal_column, select

from aisle.shop.errors import StorageError
from aisle.storage.connection import Database, connect
from aisle.storage.database import kept
from aisle.storage.database.dialects import query_text
from aisle.storage.database.kept import KeptConnections
from aisle.storage.log import events
from tests.databases import new_shop
from tests.storage.samples import event as sample

ONE: Select[Any] = select(literal_column("1"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with connect(f"sqlite:///{tmp_path}/aisle.db", create=True) as db:
        yield db.engine


def lent_by_pool(engine: Engine) -> list[object]:
    """Return the connections that the pool lends from now on."""
    lent: list[object] = []
    event.listen(engine, "checkout", lambda connection, *_: lent.append(connection))
    return lent


def read(connections: KeptConnections, engine: Engine) -> None:
    assert connections.rows(query_text(engine.dialect, ONE), {}) == [(1,)]


def test_reads_share_a_connection(engine: Engine) -> None:
    lent, connections = lent_by_pool(engine), KeptConnections(engine, lambda: "db")
    for _ in range(3):
        read(connections, engine)
    assert len(lent) == 1
    assert connections.seen == "db"


def test_where_a_read_leaves_a_transaction_open_none_is_kept(engine: Engine) -> None:
    lent, connections = lent_by_pool(engine), KeptConnections(engine, lambda: None, most=0)
    for _ in range(3):
        read(connections, engine)
    assert len(lent) == 3


def test_a_connection_of_another_database_goes_back(engine: Engine) -> None:
    lent, identity = lent_by_pool(engine), ["one"]
    connections = KeptConnections(engine, lambda: identity[0])
    read(connections, engine)
    identity[0] = "other"
    read(connections, engine)
    assert len(lent) == 2
    assert connections.seen == "other"


def test_an_old_connection_goes_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "RECYCLE_SECONDS", 0)
    lent, connections = lent_by_pool(engine), KeptConnections(engine, lambda: None)
    read(connections, engine)
    read(connections, engine)
    assert len(lent) == 2


def test_what_is_dropped_is_closed(engine: Engine) -> None:
    lent, connections = lent_by_pool(engine), KeptConnections(engine, lambda: None)
    read(connections, engine)
    connections.drop()
    with pytest.raises(Exception, match="closed"):
        lent[0].execute("SELECT 1")  # type: ignore[attr-defined]
    read(connections, engine)
    assert len(lent) == 2


def test_a_file_that_took_the_place_of_another_is_read(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with new_shop("sqlite", tmp_path) as url, new_shop("sqlite", tmp_path / "other") as other_url:
        with connect(other_url) as other:
            events.store(other, [sample(1, user_id="anna")])
        with connect(url) as db:
            assert events.of_user(db, "anna", 5) == []
            for rest in tmp_path.glob("aisle.db-*"):
                rest.unlink()
            (tmp_path / "other" / "aisle.db").replace(tmp_path / "aisle.db")
            assert len(events.of_user(db, "anna", 5)) == 1
            assert db.seen == db.identity


def test_after_a_failed_read_no_kept_connection_is_used(tmp_path: Path) -> None:
    """A server that was restarted has forgotten all of them, not only the one that was tried."""
    with new_shop("sqlite", tmp_path) as url, connect(url) as db:
        events.of_user(db, "anna", 5)
        first = lent_by_pool(db.engine)
        (tmp_path / "aisle.db").rename(tmp_path / "gone")
        with pytest.raises(StorageError):
            events.of_user(db, "anna", 5)
        (tmp_path / "gone").rename(tmp_path / "aisle.db")
        assert events.of_user(db, "anna", 5) == []
        assert len(first) == 1


def test_a_closed_database_keeps_no_file_open(tmp_path: Path) -> None:
    with new_shop("sqlite", tmp_path) as url:
        db: Database = connect(url)
        events.of_user(db, "anna", 5)
        db.close()
        held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert not [path for path in held if path.startswith(str(tmp_path))]
