"""A database that does not answer, found out once and asked again behind the requests."""

import threading
import time
from pathlib import Path

import pytest

from aisle.shop.errors import DatabaseUnavailable, SchemaError
from aisle.storage.connection import connect_for_requests
from aisle.storage.database import breaker, sqlite
from aisle.storage.database.breaker import Breaker
from aisle.storage.database.sqlite import sqlite_drivers
from aisle.storage.log import events
from tests.databases import new_shop


def test_it_opens_with_a_failure_and_closes_with_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 0.01)
    answers = threading.Event()

    def probe() -> None:
        if not answers.is_set():
            raise DatabaseUnavailable("away")

    circuit = Breaker("shop", probe)
    circuit.check()
    circuit.trip()
    circuit.trip()
    with pytest.raises(DatabaseUnavailable, match="shop does not answer"):
        circuit.check()
    answers.set()
    _wait_for_closing(circuit)
    circuit.check()


def test_a_locked_database_fails_reads_at_once_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = next(iter(sqlite_drivers()))
    monkeypatch.setattr(sqlite, "choose_sqlite", lambda _: (driver, "DELETE"))  # in which a writer locks readers out
    with new_shop("sqlite-delete", tmp_path) as url, connect_for_requests(url, 0.05) as db:
        assert events.of_user(db, "anna", 5) == []
        lock = driver.connect(tmp_path / "aisle.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE").close()
        with pytest.raises(DatabaseUnavailable, match="busy"):
            events.of_user(db, "anna", 5)
        with pytest.raises(DatabaseUnavailable, match="asked again"):
            events.of_user(db, "anna", 5)
        lock.close()
        assert db.breaker is not None
        _wait_for_closing(db.breaker)
        assert events.of_user(db, "anna", 5) == []


def test_a_database_that_answers_with_other_tables_stays_away_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 0.01)
    asked = iter(range(5))

    def probe() -> None:
        if next(asked, None) is not None:
            raise SchemaError("schema 0001")

    circuit = Breaker("shop", probe)
    circuit.trip()
    _wait_for_closing(circuit)
    assert next(asked, None) is None
    assert caplog.messages.count("schema 0001") == 1


def _wait_for_closing(circuit: Breaker) -> None:
    deadline = time.monotonic() + 30
    while circuit.is_open:
        assert time.monotonic() < deadline
        time.sleep(0.01)
