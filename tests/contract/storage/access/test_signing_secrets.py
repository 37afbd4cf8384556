"""The secrets that sign users, on every database."""

import pytest

from aisle.shop.errors import InputError
from aisle.storage.access import signing_secrets
from aisle.storage.connection import Database


def test_two_are_valid_at_once_and_no_more(db: Database) -> None:
    signing_secrets.add(db, "a", b"1")
    signing_secrets.add(db, "b", b"2")
    with pytest.raises(InputError, match="revoke the older one"):
        signing_secrets.add(db, "c", b"3")
    assert signing_secrets.revoke(db, "a")
    signing_secrets.add(db, "c", b"3")
    rows = signing_secrets.list_(db)
    assert {row.secret_id: row.revoked is None for row in rows} == {"a": False, "b": True, "c": True}
    assert not signing_secrets.revoke(db, "nothing")
