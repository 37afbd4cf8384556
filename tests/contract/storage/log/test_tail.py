"""The newest events and what happens just now, on every database."""

from aisle.shop.moments import HOUR, MINUTE
from aisle.storage.connection import Database
from aisle.storage.log import events, tail
from aisle.storage.shoppers import segments
from tests.storage import samples

NOW = samples.START + HOUR


def store(db: Database, number: int, moment: int, **more: object) -> None:
    events.store(db, [samples.event(number, timestamp=moment, **more)])


def test_the_newest_events_come_first_and_of_one_kind_where_that_is_wanted(db: Database) -> None:
    store(db, 1, NOW, event="view_item", item_id="mug")
    store(db, 2, NOW - HOUR, event="purchase", item_id="jug")
    store(db, 3, NOW, event="view_item", item_id="cup")
    assert [row.item_id for row in tail.newest(db, 2)] == ["cup", "jug"]
    assert [row.item_id for row in tail.newest(db, 9, "view_item")] == ["cup", "mug"]
    assert tail.newest(db, 9, "search") == []


def test_only_what_the_members_of_a_segment_do_where_that_is_wanted(db: Database) -> None:
    number = segments.add(db, "tea", "{}").number
    segments.set_members(db, number, ["anna", "ben"], NOW)
    segments.set_members(db, number, ["anna"], NOW + MINUTE)
    for event, user_id in enumerate(("anna", "ben", None, "anna", "cleo")):
        store(db, event, NOW, user_id=user_id, event="search" if event == 3 else "view_item")
    assert [row.event for row in tail.newest(db, 9, segment=number)] == ["search", "view_item"]
    assert [row.user_id for row in tail.newest(db, 9, "view_item", number)] == ["anna"]
    assert tail.newest(db, 9, segment=segments.add(db, "new", "{}").number) == []


def test_the_pulse_counts_the_last_minutes_and_each_visitor_once(db: Database) -> None:
    assert tail.pulse(db, NOW) == (0, 0, None)
    store(db, 1, NOW - 2 * MINUTE, user_id="anna", session_id="s")
    store(db, 2, NOW - MINUTE, user_id="anna", session_id="t")
    store(db, 3, NOW - MINUTE, user_id=None, session_id="u")
    store(db, 4, NOW - HOUR, user_id="ben")
    store(db, 5, NOW + MINUTE, user_id="from the future")
    pulse = tail.pulse(db, NOW)
    assert (pulse.events, pulse.visitors, pulse.newest, pulse.per_minute) == (3, 2, NOW + MINUTE, 0.6)
