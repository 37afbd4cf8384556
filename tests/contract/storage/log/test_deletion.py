"""Events deleted by time, kind, user or item, on every database."""

import pytest

from aisle.shop.errors import InputError
from aisle.storage.connection import Database
from aisle.storage.log import events, interactions
from aisle.storage.log.deletion import Found, Which, count, remove
from aisle.storage.log.imports import Origin
from aisle.storage.log.undo import undo
from aisle.storage.shoppers import merges
from tests.contract.storage.log.test_imports import begun, known_as
from tests.storage.samples import START, event


def ids(db: Database) -> list[str]:
    return sorted(name for frame in events.stream(db, ["event_id"]) for name in frame["event_id"])


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (Which(since=START + 2), ["e0", "e1"]),
        (Which(until=START + 2), ["e2", "e3"]),
        (Which(kinds=["view_item", "rate"]), ["e0", "e1", "e2"]),
        (Which(user_id="v"), ["e0", "e2", "e3"]),
        (Which(item_id="j"), ["e0", "e1", "e3"]),
        (Which(item_id="j", user_id="v"), ["e0", "e1", "e2", "e3"]),
    ],
)
def test_events_go_to_which_all_that_is_said_applies(db: Database, which: Which, left: list[str]) -> None:
    events.store(db, [event(0), event(1, user_id="v"), event(2, item_id="j"), event(3, event="view_item")])
    found = count(db, which)
    assert events.count(db) == 4
    assert remove(db, which) == found
    assert found.events == 4 - len(left)
    assert ids(db) == left


def test_what_would_be_deleted_is_described(db: Database) -> None:
    events.store(db, [event(0), event(1, user_id="v"), event(2, event="view_item")])
    assert count(db, Which(since=0)) == Found(3, 2, 1, START, START + 2, {"purchase": 2, "view_item": 1})
    assert count(db, Which(user_id="nobody")) == Found(0, 0, 0, None, None, {})


def test_all_events_are_never_meant(db: Database) -> None:
    for work in (count, remove):
        with pytest.raises(InputError, match="say which events to delete"):
            work(db, Which())


def test_an_id_that_was_merged_is_the_known_users(db: Database) -> None:
    events.store(db, [event(0, user_id="cookie")])
    merges.merge(db, "cookie", "anna")
    assert remove(db, Which(user_id="cookie")).events == 1


def test_interactions_that_rest_on_them_go_too(db: Database) -> None:
    events.store(db, [event(0), event(1, item_id="j")])
    interactions.replace(db, ["u"], [("u", name, 1.0, 1, 1, 1) for name in "ij"])
    remove(db, Which(item_id="j"))
    assert interactions.count(db) == 1


def test_an_undo_after_a_deletion_takes_back_what_is_left(db: Database) -> None:
    events.store(db, [event(0), event(1)])
    number = begun(db)
    events.store(db, known_as(event(0, price=5), event(1, price=5), alias=["e0", "e1"]), Origin(number))
    remove(db, Which(until=START + 1))
    assert undo(db, number)["events"].restored == 1
    assert ids(db) == ["e1"]
