"""One shopper's log and the search for shoppers, on every database."""

from aisle.shop.columns import ATTRIBUTES, USER_ID
from aisle.storage.connection import Database
from aisle.storage.log import events, exploring
from aisle.storage.log.exploring import Extent, Place
from aisle.storage.shoppers import merges, users
from tests.storage import samples


def test_a_log_is_read_page_by_page_each_event_once(db: Database) -> None:
    # Several events of one moment, an item-less one, and somebody else's.
    rows = [samples.event(number, item_id=f"i{number}", timestamp=samples.START + number // 3) for number in range(8)]
    events.store(db, [*rows, samples.event(8, event="search", item_id=None), samples.event(9, user_id="other")])
    seen, before = list[str](), None
    for expected in (3, 3, 2):
        page = exploring.page(db, "u", 3, before)
        assert len(page.rows) == expected
        seen += [row.item_id for row in page.rows]
        before = page.older
    assert (before, seen) == (None, [f"i{number}" for number in range(7, -1, -1)])
    assert exploring.page(db, "u", 3, Place(samples.START, 0)) == ([], None)
    assert exploring.extent(db, "u") == Extent(9, samples.START, samples.START + 8)
    assert exploring.extent(db, "nobody") == Extent(0, None, None)


def test_what_is_kept_beside_a_shopper_and_their_other_ids(db: Database) -> None:
    users.upsert(db, [samples.row("users", user_id="anon", attributes='{"city": "Ulm"}')])
    assert exploring.attributes(db, "anna") == {}
    merges.merge(db, "anon", "anna")
    assert exploring.attributes(db, "anna") == exploring.attributes(db, "anon") == {"city": "Ulm"}
    users.upsert(db, [samples.row("users", user_id="anna", attributes='{"city": "Bern"}')])
    assert exploring.attributes(db, "anna") == {"city": "Bern"}


def test_who_is_known(db: Database) -> None:
    events.store(db, [samples.event(1)])
    users.upsert(db, [samples.row("users", **{USER_ID: "v", ATTRIBUTES: "{}"})])
    assert [exploring.is_known(db, name) for name in ("u", "v", "w")] == [True, True, False]


def test_shoppers_are_found_by_the_beginning_of_their_ids(db: Database) -> None:
    names = ["an", "anna", "annb", "Anna", "a_na", "bob", "an😀"]
    events.store(db, [samples.event(number, user_id=name) for number, name in enumerate(names * 2)])
    assert set(exploring.users_starting(db, "an", 9)) == {"an", "anna", "annb", "an😀"}
    assert len(exploring.users_starting(db, "an", 2)) == 2
    assert exploring.users_starting(db, "a_", 9) == ["a_na"]
    assert exploring.users_starting(db, "zz", 9) == []
