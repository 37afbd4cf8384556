"""KPIs of segments on a few days that can be worked out by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.data.segment_kpis import segment_kpis
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.shop.moments import DAY, HOUR
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import segments
from tests.storage import samples

TODAY = samples.START - samples.START % DAY + 10 * DAY
NOON = TODAY + 12 * HOUR
EURO = 1_000_000


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Anna clicks a mug and buys it for 6; the next day Ben, who saw no shelf, buys one for 4, and Cleo looks."""
    make_shop(tmp_path / "shop")
    with connect(Settings.read(tmp_path / "shop").database_url) as db:
        places = (ServedItem("mug", 1, None, 1.0), ServedItem("pot", 2, None, 1.0))
        impressions.add(db, [Impression("r", NOON - DAY, "anna", None, "home", "personal", None, 1, places)])
        done: list[dict[str, object]] = [
            {"event": "select_item", "user_id": "anna", "timestamp": NOON - DAY + 1, "recommendation_id": "r"},
            {"event": "purchase", "user_id": "anna", "timestamp": NOON - DAY + HOUR, "price": 6 * EURO},
            {"event": "purchase", "user_id": "ben", "timestamp": TODAY + HOUR, "price": 4 * EURO},
            {"event": "view_item", "user_id": "cleo", "timestamp": TODAY + HOUR},
        ]
        events.store(
            db, [samples.event(number, item_id="mug", currency="EUR", **one) for number, one in enumerate(done)]
        )
        yield db


def rows(db: Database, days: int = 2) -> dict[str, dict[str, object]]:
    return {row["segment"]: row for row in segment_kpis(db, days, moment=NOON).frame.to_dicts()}


def test_shelves_and_orders_count_for_the_segments_of_whose_they_are(db: Database) -> None:
    for name, members in {"all": ["anna", "ben", "cleo"], "anna": ["anna"], "nobody": ["zoe"]}.items():
        segments.set_members(db, segments.add(db, name, "{}").number, members, TODAY - 5 * DAY)
    found = rows(db)
    assert set(found) == {"all", "anna"}
    shown = ("visitors", "buyers", "shelves", "places", "seen", "clicks", "orders", "revenue", "helped_revenue", "ctr")
    assert [found["all"][name] for name in shown] == [3, 2, 1, 2, 1, 1, 2, 10.0, 6.0, 1.0]
    assert [found["anna"][name] for name in shown] == [1, 1, 1, 2, 1, 1, 1, 6.0, 6.0, 1.0]
    assert rows(db, days=1)["all"]["revenue"] == 4.0
    assert segment_kpis(db, 2, moment=NOON).as_of == {}


def test_a_shopper_counts_as_they_belonged_to_a_segment_on_the_day(db: Database) -> None:
    number = segments.add(db, "tea", "{}").number
    segments.set_members(db, number, ["anna", "ben"], TODAY - 5 * DAY)
    segments.set_members(db, number, ["anna"], TODAY - HOUR)
    assert rows(db)["tea"]["revenue"] == 6.0


def test_days_before_the_first_members_are_declared(db: Database) -> None:
    segments.set_members(db, segments.add(db, "tea", "{}").number, ["anna", "ben"], NOON)
    assert rows(db)["tea"]["revenue"] == 10.0
    assert list(segment_kpis(db, 2, moment=NOON).as_of) == ["tea"]
    assert segment_kpis(db, 1, moment=NOON).as_of == {}


def test_money_of_two_currencies_is_two_rows(db: Database) -> None:
    segments.set_members(db, segments.add(db, "tea", "{}").number, ["anna", "ben"], TODAY - 5 * DAY)
    pounds: dict[str, object] = {"timestamp": TODAY + 1, "price": EURO, "currency": "GBP"}
    events.store(db, [samples.event(9, event="purchase", user_id="ben", item_id="pot", **pounds)])
    found = segment_kpis(db, 2, moment=NOON).frame
    assert sorted(found.select("currency", "revenue").rows()) == [("EUR", 10.0), ("GBP", 1.0)]
