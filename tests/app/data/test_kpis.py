from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from aisle.app.data.day_counts import count_days
from aisle.app.data.kpis import Kpis, kpis
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY, HOUR
from aisle.storage.catalogue import items
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import merges, people
from tests.storage import samples

TODAY = samples.START - samples.START % DAY + 10 * DAY
NOON = TODAY + 12 * HOUR
EURO = 1_000_000


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    make_shop(tmp_path / "shop")
    with connect(Settings.read(tmp_path / "shop").database_url) as database:
        yield database


def serve(db: Database, name: str, moment: int, *item_ids: str, user: str = "u", placement: str = "home") -> None:
    places = tuple(ServedItem(item_id, place, None, 1.0) for place, item_id in enumerate(item_ids, 1))
    impressions.add(db, [Impression(name, moment, user, None, placement, "personal", None, 3, places)])


def done(db: Database, number: int, kind: str, moment: int, **more: object) -> None:
    events.store(db, [samples.event(number, event=kind, timestamp=moment, **more)])


def found(db: Database, *by: str, days: int = 28) -> Kpis:
    return kpis(db, days, by, moment=NOON)


def test_a_click_and_an_order_of_the_next_morning_belong_to_their_shelf(db: Database) -> None:
    late = TODAY - HOUR
    items.upsert(db, [samples.row("items", item_id=name) for name in ("mug", "pot", "cup", "jug")])
    serve(db, "r", late, "mug", "pot")
    done(db, 1, "select_item", late + 1, item_id="mug", recommendation_id="r")
    done(db, 2, "purchase", TODAY + HOUR, item_id="mug", quantity=2, price=3 * EURO, currency="EUR")
    done(db, 3, "purchase", TODAY + HOUR, item_id="cup", price=4 * EURO, currency="EUR", transaction_id="T")
    shop, shelf = (frame.row(0, named=True) for frame in found(db, "placement")[2:4])
    assert {name: shelf[name] for name in ("places", "seen", "clicks", "orders", "revenue", "ctr")} == {
        "places": 2,
        "seen": 1,
        "clicks": 1,
        "orders": 1,
        "revenue": 6.0,
        "ctr": 1.0,
    }
    assert {name: shop[name] for name in ("visitors", "orders", "revenue", "helped_revenue", "helped_share")} == {
        "visitors": 2,
        "orders": 2,
        "revenue": 10.0,
        "helped_revenue": 6.0,
        "helped_share": 0.6,
    }
    assert found(db).coverage == 0.5


def test_by_day_and_only_the_days_asked_for(db: Database) -> None:
    for back in (0, 1, 5):
        serve(db, f"r{back}", NOON - back * DAY, "mug")
        done(db, back, "select_item", NOON - back * DAY + 1, item_id="mug", recommendation_id=f"r{back}")
    by_day = found(db, "day", days=2)
    today = date.fromtimestamp(TODAY / 1e6)
    assert sorted(by_day.shelves["day"].to_list()) == sorted([date.fromordinal(today.toordinal() - 1), today])
    assert (by_day.since, by_day.until) == (str(date.fromordinal(today.toordinal() - 1)), str(today))
    assert found(db, days=6).shelves["shelves"].to_list() == [3]


def test_what_fits_no_shelf_is_told(db: Database) -> None:
    serve(db, "r", NOON, "mug")
    done(db, 1, "select_item", NOON + 1, item_id="mug", recommendation_id="invented")
    done(db, 2, "select_item", NOON + 1, item_id="pot", recommendation_id="r")
    assert {doubt: number for doubt, number in found(db).doubts.items() if number} == {
        "unknown_shelf": 1,
        "not_on_shelf": 1,
    }
    assert found(db).shelves["clicks"].sum() == 0


def test_an_erased_persons_deeds_leave_the_counts(db: Database) -> None:
    serve(db, "r", NOON - 5 * DAY, "mug")
    done(db, 1, "select_item", NOON - 5 * DAY + 1, item_id="mug", recommendation_id="r")
    assert found(db).shop["visitors"].to_list() == [1]
    people.erase(db, "u")
    after = found(db)
    assert (after.shop["visitors"].sum(), after.shelves["shelves"].sum(), after.coverage) == (0, 0, None)


def test_a_merged_visitor_is_one(db: Database) -> None:
    done(db, 1, "view_item", NOON - 5 * DAY, user_id="cookie")
    done(db, 2, "view_item", NOON - 5 * DAY, user_id="u")
    assert found(db).shop["visitors"].to_list() == [2]
    merges.merge(db, "cookie", "u")
    assert found(db).shop["visitors"].to_list() == [1]


def test_a_shop_without_anything_has_no_kpis(db: Database) -> None:
    nothing = found(db, "placement", "day")
    assert (nothing.shop.height, nothing.shelves.height, nothing.coverage) == (0, 0, None)


def test_shelves_are_told_apart_only_by_what_they_have(db: Database) -> None:
    with pytest.raises(InputError, match="told apart by 'colour'; choose from placement, strategy"):
        found(db, "colour")


def test_a_count_that_was_cut_off_goes_on(db: Database) -> None:
    def cut(stage: str, done: float, total: float | None, rows: int = 0) -> None:
        raise KeyboardInterrupt

    old = [samples.event(number, timestamp=NOON - number * DAY) for number in range(10)]
    events.store(db, [*old, *(samples.event(number, timestamp=NOON) for number in range(1_000, 2_100))])
    with pytest.raises(KeyboardInterrupt):
        count_days(db, cut, NOON)
    assert count_days(db, moment=NOON) == 9
    assert count_days(db, moment=NOON) == 2
    assert sum(row[2] > 0 for row in days.rows(db, days.SHOP, 0, NOON)) == 10
