"""Counts by segment that can be worked out by hand, from the log to the KPIs, on every database."""

import pytest

from aisle.app.data.catalogue_overview import catalogue_overview
from aisle.app.data.day_counts import count_days
from aisle.app.data.kpi_overview import kpi_overview
from aisle.app.data.kpis import counted_by_segment
from aisle.app.data.segment_kpis import covered
from aisle.shop.errors import NotFound
from aisle.shop.moments import DAY, HOUR
from aisle.storage import backup
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import people, segments
from tests.storage import samples

TODAY = samples.START - samples.START % DAY + 10 * DAY
NOON = TODAY + 12 * HOUR
SPAN = (TODAY - DAY, TODAY + DAY)
EURO = 1_000_000
KPIS = ("segment", "visitors", "buyers", "shelves", "seen", "clicks", "orders", "revenue", "helped_revenue")


@pytest.fixture
def shop(db: Database) -> Database:
    """Return a shop of two days.

    Anna is shown two shelves, clicks a mug on one of them and buys it for 6; the next day Ben, who saw no shelf, buys
    one for 4, and somebody without a user id is shown a shelf. Anna and Ben drink tea; Cleo, who never comes, plays.
    """
    places = (ServedItem("mug", 1, None, 1.0), ServedItem("pot", 2, None, 1.0))
    served = (("r", "anna", "home", NOON - DAY), ("s", "anna", "cart", NOON - DAY), ("t", None, "home", NOON))
    impressions.add(
        db, [Impression(name, at, user, None, place, "personal", None, 1, places) for name, user, place, at in served]
    )
    done: list[dict[str, object]] = [
        {"event": "select_item", "user_id": "anna", "timestamp": NOON - DAY + 1, "recommendation_id": "r"},
        {"event": "purchase", "user_id": "anna", "timestamp": NOON - DAY + HOUR, "price": 6 * EURO},
        {"event": "purchase", "user_id": "ben", "timestamp": TODAY + HOUR, "price": 4 * EURO},
        {"event": "view_item", "user_id": None, "session_id": "z", "timestamp": NOON},
    ]
    events.store(db, [samples.event(number, item_id="mug", currency="EUR", **one) for number, one in enumerate(done)])
    for name, members in {"tea": ["anna", "ben"], "games": ["cleo"]}.items():
        segments.set_members(db, segments.add(db, name, "{}").number, members, TODAY - 5 * DAY)
    count_days(db, moment=NOON)
    return db


def kpis(db: Database) -> list[tuple[object, ...]]:
    return counted_by_segment(db, *SPAN).select(KPIS).rows()


def test_the_kpis_of_segments(shop: Database) -> None:
    assert kpis(shop) == [("tea", 2, 2, 2, 1, 1, 2, 10.0, 6.0)]
    found = kpi_overview(shop, *SPAN, segment="tea", before=(TODAY - 8 * DAY, TODAY - 6 * DAY))
    assert [found.shop[name] for name in ("visitors", "orders", "revenue", "helped_share")] == [2, 2, 10.0, 0.6]
    assert [found.shelves[name] for name in ("shelves", "places", "clicks", "revenue")] == [2, 4, 1, 6.0]
    assert found.days.select("orders", "revenue", "clicks").rows() == [(1, 6.0, 1), (1, 4.0, None)]
    assert sorted(found.placements.select("placement", "shelves", "clicks", "revenue").rows()) == [
        ("cart", 1, 0, 0.0),
        ("home", 1, 1, 6.0),
    ]
    assert found.coverage is None
    assert found.before is not None
    assert not found.before.shop.get("orders")
    alone = kpi_overview(shop, *SPAN, "cart", segment="tea")
    assert (alone.shelves["shelves"], alone.shop["orders"]) == (1, 2)
    with pytest.raises(NotFound, match="there is no segment 'chess'"):
        kpi_overview(shop, *SPAN, segment="chess")


def test_the_catalogue_tells_what_members_were_shown_and_bought(shop: Database) -> None:
    items.upsert(shop, [samples.row("items", item_id=item_id) for item_id in ("mug", "pot")])
    names = ("item_id", "places", "seen", "clicks", "units", "shelves")
    everybody = catalogue_overview(shop).sort("item_id").select(names).rows()
    assert everybody == [("mug", 3, 1, 1, 2, ["cart", "home"]), ("pot", 3, 0, 0, 0, ["cart", "home"])]
    for name, shown in {
        "tea": [("mug", 2, 1, 1, 2, ["cart", "home"]), ("pot", 2, 0, 0, 0, ["cart", "home"])],
        "games": [("mug", 0, 0, 0, 0, None), ("pot", 0, 0, 0, 0, None)],
    }.items():
        of_members = catalogue_overview(shop, segments.get(shop, name).number)
        assert of_members.sort("item_id").select(names).rows() == shown


def test_what_a_segment_covers_is_said(shop: Database) -> None:
    (said,) = covered(shop, "tea", *SPAN)
    assert said.startswith("tea: 2 of 3 visitors and 2 of 3 shelves are those of its members")
    (said,) = covered(shop, "games", *SPAN)
    assert said.startswith("games: 0 of 3 visitors and 0 of 3 shelves")
    number = segments.add(shop, "new", "{}").number
    assert covered(shop, "new", *SPAN)[0].startswith("new: its members were not found yet")
    segments.set_members(shop, number, ["ben"], NOON)
    _, before_first, lacking = covered(shop, "new", *SPAN)
    assert "count for its members of that day" in before_first
    assert lacking == "new: 2 days are not counted for it yet; the worker counts them."


def test_a_new_segment_is_counted_on_the_days_that_are_asked_for(shop: Database) -> None:
    later = NOON + 20 * DAY
    events.store(shop, [samples.event(number, timestamp=later) for number in range(1_000, 2_100)])
    count_days(shop, moment=later)
    segments.set_members(shop, segments.add(shop, "ben", "{}").number, ["ben"], TODAY - 5 * DAY)
    for since in (None, TODAY + DAY):
        count_days(shop, moment=later, segments_since=since)
        assert [row[0] for row in kpis(shop)] == ["tea"]
    count_days(shop, moment=later, segments_since=TODAY)
    assert kpis(shop)[-1] == ("ben", 1, 1, 0, 0, 0, 1, 4.0, 0.0)
    assert count_days(shop, moment=later, segments_since=0) > 2
    assert count_days(shop, moment=later, segments_since=0) == 2  # the last two days, as ever


def test_erasure_deletion_and_a_restore_reach_the_counts(shop: Database) -> None:
    people.erase(shop, "anna")
    count_days(shop, moment=NOON)
    assert kpis(shop) == [("tea", 1, 1, 0, 0, 0, 1, 4.0, 0.0)]
    backup.load(shop, list(backup.dump(shop)))
    assert days.rows(shop, days.SEGMENTS, *SPAN) == []
    count_days(shop, moment=NOON)
    assert kpis(shop) == [("tea", 1, 1, 0, 0, 0, 1, 4.0, 0.0)]
    segments.remove(shop, "tea")
    assert kpis(shop) == []
