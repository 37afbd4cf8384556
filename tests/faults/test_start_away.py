"""A server that starts while its database is away fills shelves with what the last one knew, and recovers by itself."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aisle.app.settings import Settings
from aisle.shop.access import Scope
from aisle.storage.access import keys
from aisle.storage.connection import connect as connect_database
from aisle.storage.database.sqlite import sqlite_drivers
from tests.faults.load import connect, until
from tests.faults.outage import Hold, trained
from tests.faults.own_server import is_installed, own_server
from tests.web.serving import serving

PATIENCE_SECONDS = 60.0
SHELF = "/api/recommendations?user_id=user-1"
EVENT = {"event": "view_item", "user_id": "user-1", "item_id": "tea-1"}


@contextmanager
def shop_to_be_locked(kind: str, folder: Path) -> Iterator[Hold]:
    """Make a trained shop, and lend what takes its database away."""
    if kind == "sqlite":
        trained(folder)
        yield partial(locked, folder / "aisle.db")
        return
    with own_server(kind) as server:
        trained(folder, server.url)
        yield server.stopped


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Lock a SQLite file so that nobody else can even read it."""
    lock = next(iter(sqlite_drivers())).connect(file, isolation_level=None)
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        lock.close()


def asked(address: str, key: str, path: str, event: dict[str, str] | None = None) -> tuple[int, Any, str | None]:
    """Return the status, the body and Retry-After of an answer."""
    connection = connect(address)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = None if event is None else json.dumps(event)
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    received = json.loads(answer.read())
    connection.close()
    return answer.status, received, answer.getheader("Retry-After")


def _is_ready(address: str, key: str) -> bool:
    return asked(address, key, "/health/ready")[0] == 200


@pytest.mark.parametrize("kind", ["sqlite", "mysql", "postgresql"])
def test_a_server_starts_while_its_database_is_away(kind: str, tmp_path: Path) -> None:
    if kind != "sqlite" and not is_installed(kind):
        pytest.skip(f"the server of {kind} is not installed")
    folder = tmp_path / "shop"
    with shop_to_be_locked(kind, folder) as hold:
        with connect_database(Settings.read(folder).database_url) as db:
            key = keys.add(db, Scope.SERVER)
        with serving(folder) as (_, address):
            until(partial(_is_ready, address, key), PATIENCE_SECONDS)
            before = asked(address, key, SHELF)[1]
        assert before["fallback"] is None
        with ExitStack() as away:
            away.enter_context(hold())
            with serving(folder) as (_, address):
                until(partial(_is_ready, address, key), PATIENCE_SECONDS)
                assert asked(address, key, "/health/ready")[1]["database"] == "away"
                status, shelf, _ = asked(address, key, SHELF)
                assert (status, shelf["model"]) == (200, before["model"])
                assert shelf["fallback"] is not None
                assert shelf["items"]
                assert all(item["name"] != item["item_id"] for item in shelf["items"])  # the catalogue is known, too
                assert asked(address, key, "/api/events", EVENT)[::2] == (503, "1")
                assert asked(address, f"{key}x", SHELF)[0] == 401
                away.close()
                seconds = until(lambda: asked(address, key, SHELF)[1]["fallback"] is None, PATIENCE_SECONDS)
                assert seconds <= 5
                assert asked(address, key, SHELF)[1]["items"] == before["items"]
                assert asked(address, key, "/api/events", EVENT)[0] == 200
                assert asked(address, key, "/health/ready")[1]["database"] == "answers"
