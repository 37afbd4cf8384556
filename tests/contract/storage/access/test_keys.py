"""The keys of the API, on every database."""

import pytest

from aisle.shop.access import Scope, is_key
from aisle.shop.errors import NotFound
from aisle.storage.access import keys
from aisle.storage.connection import Database


def test_a_key_is_stored_as_its_digest_alone(db: Database) -> None:
    key = keys.add(db, Scope.BROWSER, "storefront", ["https://shop.example"])
    (row,) = keys.list_(db)
    assert (row.scope, row.name, row.origins, row.revoked) == (
        Scope.BROWSER, "storefront", ("https://shop.example",), None,
    )  # fmt: skip
    assert is_key(key, row.digest)
    assert key.encode() not in row.digest


def test_a_revoked_key_stays_in_the_list(db: Database) -> None:
    keys.add(db, Scope.SERVER)
    (row,) = keys.list_(db)
    keys.revoke(db, row.key_id)
    (revoked,) = keys.list_(db)
    assert revoked.revoked is not None
    keys.revoke(db, row.key_id)
    assert keys.list_(db) == [revoked]


def test_a_key_that_does_not_exist_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound, match="no key 'abc'"):
        keys.revoke(db, "abc")
