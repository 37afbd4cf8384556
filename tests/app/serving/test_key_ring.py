"""The keys of a start while the database is away: those that a server of this shop read last."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.serving.key_ring import KeyRing
from aisle.app.serving.last_known import NOTHING, LastKnown
from aisle.app.settings import Settings
from aisle.shop.access import Scope, key_id
from aisle.shop.errors import DatabaseUnavailable
from aisle.storage.access import keys
from aisle.storage.connection import Database, connect


@pytest.fixture
def db(folder: Path) -> Iterator[Database]:
    with connect(Settings.read(folder).database_url) as database:
        yield database


def test_a_key_opens_after_a_start_without_the_database(db: Database, tmp_path: Path) -> None:
    key = keys.add(db, Scope.BROWSER, origins=["https://shop.example"])
    KeyRing(db, None, LastKnown(tmp_path))
    ring = KeyRing(db.as_if_away(), None, LastKnown(tmp_path))
    assert ring.is_locked
    assert ring.origins == {"https://shop.example"}
    assert ring.find(key) is not None
    assert ring.find(f"{key}x") is None


def test_a_key_that_was_revoked_meanwhile_does_not(db: Database, tmp_path: Path) -> None:
    key = keys.add(db, Scope.SERVER)
    ring = KeyRing(db, None, LastKnown(tmp_path))
    keys.revoke(db, str(key_id(key)))
    ring.refresh()
    assert KeyRing(db.as_if_away(), None, LastKnown(tmp_path)).find(key) is None


def test_a_shop_whose_keys_nobody_kept_does_not_start_open(db: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        KeyRing(db.as_if_away(), None, NOTHING)
