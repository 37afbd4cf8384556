"""The counts of days, and what it takes to make them, on every database."""

from sqlalchemy import select

from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, HOUR
from aisle.storage.connection import Database
from aisle.storage.log import deletion, events
from aisle.storage.shelves import day_log, days, impressions
from aisle.storage.shelves.days import Counts
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import merges, people, segments
from aisle.storage.tables import shop_days
from tests.storage import samples

TODAY = samples.START - samples.START % DAY + 10 * DAY
NOON = TODAY + 12 * HOUR


def counts(day: int, visitors: int = 1) -> Counts:
    zeros = (0,) * 12
    return Counts(
        [(day, "home", "personal", 3, "new", "", "", 1, 2, 1, 1, 0, 0, 0, 0, 0, 0)],
        [(day, "mug", 2, 1, 1, 0, 0, 0)],
        [(day, "", visitors, 1, 0, *zeros)],
    )


def store(db: Database, *rows: tuple[object, ...]) -> None:
    events.store(db, list(rows))


def counted(db: Database, day: int) -> None:
    """Note that a day was counted with everything that is stored."""
    days.replace(db, day, counts(day), day_log.newest(db))


def to_count(db: Database, moment: int = NOON) -> list[int]:
    return [(day - TODAY) // DAY for day in days.to_count(db, day_log.newest(db), moment)]


def shelf(name: str, moment: int, *item_ids: str) -> Impression:
    items = tuple(ServedItem(item_id, place, None, 1.0) for place, item_id in enumerate(item_ids, 1))
    return Impression(name, moment, "u", None, "home", "personal", None, 3, items)


def test_the_counts_of_a_day_are_replaced_as_a_whole(db: Database) -> None:
    days.replace(db, TODAY, counts(TODAY, visitors=5), 7)
    days.replace(db, TODAY + DAY, counts(TODAY + DAY), 7)
    days.replace(db, TODAY, counts(TODAY, visitors=6), 8)
    assert days.rows(db, days.SHOP, TODAY, TODAY + DAY) == counts(TODAY, visitors=6).shop
    for table, rows in zip(days.TABLES, counts(TODAY), strict=True):  # of no segment, as there is none
        assert len(days.rows(db, table.name, TODAY, TODAY + 2 * DAY)) == 2 * len(rows)
        assert days.rows(db, table.name, TODAY + DAY, TODAY + DAY) == []


def test_a_shop_without_events_has_no_days(db: Database) -> None:
    assert to_count(db) == []


def test_days_with_events_the_days_after_them_and_the_last_two_are_counted(db: Database) -> None:
    store(db, samples.event(1, timestamp=NOON - 7 * DAY), samples.event(2, timestamp=NOON + DAY))
    assert to_count(db) == [-7, -6, -1, 0]


def test_what_was_counted_is_not_counted_again_but_for_the_last_two_days(db: Database) -> None:
    store(db, samples.event(0, timestamp=NOON - 7 * DAY))
    store(db, *(samples.event(number, timestamp=NOON) for number in range(1, 1_100)))
    for day in (-7, -6, -1, 0):
        counted(db, TODAY + day * DAY)
    store(db, samples.event(2_000, timestamp=NOON))
    assert to_count(db) == [-1, 0]
    store(db, samples.event(5_000, timestamp=NOON - 20 * DAY))
    assert to_count(db) == [-20, -19, -1, 0]


def test_days_that_are_planned_are_counted_even_if_the_work_was_cut_off(db: Database) -> None:
    store(db, *(samples.event(number, timestamp=NOON - number % 10 * DAY) for number in range(100)))
    store(db, *(samples.event(number, timestamp=NOON) for number in range(1_000, 2_100)))
    for day in (-8, 0):
        counted(db, TODAY + day * DAY)
    assert to_count(db) == [-1, 0]
    days.plan(db, [TODAY - 9 * DAY, TODAY - 8 * DAY])
    assert to_count(db) == [-9, -8, -7, -1, 0]
    counted(db, TODAY - 9 * DAY)
    assert to_count(db) == [-8, -7, -1, 0]


def test_days_whose_events_change_are_counted_again(db: Database) -> None:
    old = {"a": -30, "b": -25, "c": -20, "d": -15}
    store(db, *(samples.event(100 + day, user_id=user, timestamp=NOON + day * DAY) for user, day in old.items()))
    store(db, *(samples.event(number, timestamp=NOON) for number in range(1_000, 2_100)))
    for day in old.values():
        counted(db, TODAY + day * DAY)
    assert to_count(db) == [-1, 0]
    merges.merge(db, "a", "known")
    assert to_count(db) == [-30, -29, -1, 0]
    people.erase(db, "b")
    assert to_count(db) == [-30, -29, -25, -24, -1, 0]
    deletion.remove(db, deletion.Which(user_id="c"))
    assert to_count(db) == [-30, -29, -25, -24, -20, -19, -1, 0]
    merges.unmerge(db, "a", "known")
    counted(db, TODAY - 25 * DAY)
    assert to_count(db) == [-30, -29, -20, -19, -1, 0]


def test_the_events_of_a_day_come_with_those_to_which_they_may_belong(db: Database) -> None:
    store(
        db,
        samples.event(1, timestamp=TODAY),
        samples.event(2, timestamp=TODAY + DAY),
        samples.event(3, timestamp=TODAY - 1),
        samples.event(4, timestamp=TODAY - 1, event="select_item", recommendation_id="r"),
        samples.event(5, timestamp=TODAY - 1, event="select_item"),
        samples.event(6, timestamp=TODAY - DAY - 1, event="select_item", recommendation_id="r"),
        samples.event(7, timestamp=TODAY + 1, event="refund", user_id="back"),
        samples.event(8, timestamp=TODAY - 80 * DAY, user_id="back"),
        samples.event(9, timestamp=TODAY - 80 * DAY, user_id="back", event="view_item"),
        samples.event(10, timestamp=TODAY - 91 * DAY, user_id="back"),
        samples.event(11, timestamp=TODAY + 1, event="refund", user_id=None, session_id="s"),
        samples.event(12, timestamp=TODAY - 2 * DAY, user_id=None, session_id="s"),
    )
    found = day_log.events_of(db, TODAY)
    assert sorted(int(name[1:]) for name in found["event_id"]) == [1, 4, 7, 8, 11, 12]
    assert tuple(found.columns) == day_log.EVENT_COLUMNS


def test_the_shelves_of_a_day_come_with_those_that_are_named(db: Database) -> None:
    served = [("old", TODAY - 9 * DAY), ("named", TODAY - 8 * DAY), ("today", NOON), ("tomorrow", TODAY + DAY)]
    impressions.add(db, [shelf(name, moment, "mug", "pot '茶'") for name, moment in served])
    found = day_log.shelves_of(db, TODAY, ["named", "today", "unknown"])
    assert sorted(found["recommendation_id"]) == ["named", "today"]
    assert found["items"].to_list() == [["mug", "pot '茶'"]] * 2
    assert day_log.shelves_of(db, TODAY + 5 * DAY, []).is_empty()


def test_the_first_moments_of_users(db: Database) -> None:
    store(
        db,
        samples.event(1, user_id="a", event="view_item"),
        samples.event(2, user_id="a"),
        samples.event(3, user_id="b", event="view_item"),
    )
    assert sorted(day_log.first_moments(db, ["a", "b", "c"]).rows()) == [
        ("a", samples.START + 1),
        ("b", samples.START + 3),
    ]
    assert day_log.first_moments(db, ["a", "b"], EventKind.PURCHASE).rows() == [("a", samples.START + 2)]


def test_a_day_that_was_counted_knows_through_which_event(db: Database) -> None:
    days.replace(db, TODAY, counts(TODAY), 7)
    with db.read() as connection:
        assert connection.execute(select(shop_days.c.through)).scalars().all() == [7]


def test_the_days_of_an_item(db: Database) -> None:
    days.replace(db, TODAY, counts(TODAY), 7)
    assert days.of_item(db, "mug", [TODAY, TODAY + 9 * DAY]) == [days.ItemDay(TODAY, 2, 1, 1, 0, 0, 0)]
    assert days.of_item(db, "cup", [TODAY]) == []


def test_what_was_counted_of_items_and_when(db: Database) -> None:
    assert (days.ends(db), days.sums_of_items(db, 0, TODAY)) == (None, [])
    for day in (TODAY, TODAY + DAY, TODAY + 2 * DAY):
        counted(db, day)
    days.replace(db, TODAY + 3 * DAY, Counts([], [], [(TODAY + 3 * DAY, "", *(0,) * 15)]), 9)
    assert days.ends(db) == (TODAY, TODAY + 2 * DAY)
    assert days.sums_of_items(db, TODAY, TODAY + 2 * DAY) == [("mug", 4, 2, 2, 0)]


def test_placements_without_an_item_are_told(db: Database) -> None:
    empty = (TODAY, "bare", "personal", 3, "new", "", "", 7, *(0,) * 9)
    days.replace(db, TODAY, counts(TODAY)._replace(shelves=[empty, *counts(TODAY).shelves]), 1)
    assert days.empty_placements(db, TODAY) == [("bare", 7)]
    assert days.empty_placements(db, TODAY + DAY) == []


def of_segment(day: int, number: int, placement: str = "") -> tuple[object, ...]:
    return (day, number, placement, "", 1, 0, 0, 1, *(0,) * 11)


def test_days_are_counted_for_the_segments_that_there_are(db: Database) -> None:
    tea, tools = (segments.add(db, name, "{}").number for name in ("tea", "tools"))
    for day, numbers in ((TODAY, (tea, tools)), (TODAY - DAY, (tea,)), (TODAY - 2 * DAY, ())):
        rows = [of_segment(day, number, place) for number in (*numbers, 99) for place in ("", "home")]
        days.replace(db, day, counts(day)._replace(segments=rows), 1)
    assert days.without_segments(db, [tea, tools], 0) == [TODAY - DAY, TODAY - 2 * DAY]
    assert days.without_segments(db, [tea], TODAY - 9 * DAY, TODAY - DAY) == [TODAY - 2 * DAY]
    assert days.without_segments(db, [], 0) == []
    assert days.rows(db, days.SEGMENTS, 0, NOON, segment=tools, placement="home") == [of_segment(TODAY, tools, "home")]
    segments.remove(db, "tools")
    assert {row[1] for row in days.rows(db, days.SEGMENTS, 0, NOON)} == {tea}
