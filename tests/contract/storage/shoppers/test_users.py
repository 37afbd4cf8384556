from aisle.shop.columns import USERS
from aisle.storage.connection import Database
from aisle.storage.rows import Stored
from aisle.storage.shoppers import users


def test_a_users_attributes_are_replaced_but_not_by_nothing(db: Database) -> None:
    assert users.upsert(db, [("u", '{"city":"Rome"}'), ("U", None)]) == Stored(2, 0)
    assert users.upsert(db, [("u", '{"city":"Oslo"}'), ("U", None), ("u", None)]) == Stored(1, 2)
    (frame,) = users.stream(db, list(USERS))
    assert sorted(frame.rows()) == [("U", None), ("u", '{"city":"Oslo"}')]
