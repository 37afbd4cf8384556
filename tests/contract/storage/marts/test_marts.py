"""Marts on every database: built from a small log whose figures are known, and asked by plain SQL."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aisle.app.marts.building import build_marts
from aisle.app.marts.questions import QUESTIONS
from aisle.app.settings import Settings
from aisle.shop.marts import MARTS
from aisle.shop.moments import DAY, HOUR
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.marts import store
from aisle.storage.shelves import impressions, recommendations
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.shoppers import merges, people, segments
from aisle.storage.work import models
from tests.storage import samples

MONDAY = samples.START - samples.START % DAY
NOW = MONDAY + 2 * DAY + 12 * HOUR
EURO = 1_000_000


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings.read(tmp_path, database={"url": url}, shop={"currency": "EUR"})


@pytest.fixture
def built(db: Database, settings: Settings) -> Database:
    """Anna clicks a mug on a shelf and buys two, and Ben a pot in pounds; the next day she sends one back."""
    items.upsert(
        db,
        [
            samples.row(
                "items", item_id="mug", title="Mug", category="Kitchen > Mugs", price=12_500_000, currency="EUR"
            ),
            samples.row("items", item_id="Mug ", title="Another ☕"),
        ],
    )
    place = (ServedItem("mug", 1, None, 1.0), ServedItem("pot", 2, None, 1.0))
    impressions.add(db, [Impression("r", MONDAY + HOUR, "anna", None, "home", "personal", None, 1, place)])
    click: dict[str, object] = {
        "event": "select_item",
        "user_id": "anna",
        "recommendation_id": "r",
        "timestamp": MONDAY + 2 * HOUR,
    }
    order: dict[str, object] = {"user_id": "anna", "price": 12_345_678, "transaction_id": "T"}
    log: list[dict[str, object]] = [
        {"event": "view_item", "user_id": "anna"},
        click,
        {"event": "purchase", "quantity": 2, **order},
        {"event": "purchase", "user_id": "ben", "item_id": "pot", "price": 7 * EURO, "currency": "GBP"},
        {"event": "refund", "timestamp": MONDAY + DAY, **order},
    ]
    usual: dict[str, object] = {"item_id": "mug", "timestamp": MONDAY + 3 * HOUR}
    events.store(db, [samples.event(number, **(usual | one)) for number, one in enumerate(log)])
    models.add(db, recipe={"model": "hybrid"}, metrics={})
    number = segments.add(db, "tea", '{"rule":"did"}').number
    segments.set_members(db, number, ["anna", "ben"], MONDAY)
    recommendations.replace(db, "home", ["ben"], [("ben", "home", 1, "mug", 0.5, 1, MONDAY)])
    build_marts(db, settings, moment=NOW)
    return db


def ask(db: Database, sql: str) -> list[tuple[Any, ...]]:
    with db.read() as connection:
        rows = connection.exec_driver_sql(sql).all()
    return [tuple(_exact(value) for value in row) for row in rows]


def _exact(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int) else str(Decimal(str(value)).normalize())


def test_money_is_exact_and_each_currency_apart(built: Database) -> None:
    sums = "SUM(orders), SUM(units), SUM(revenue), SUM(returned_revenue)"
    sales = f"SELECT currency, {sums} FROM {{}} GROUP BY currency ORDER BY 1"
    expected = [("EUR", 1, 2, "24.691356", "12.345678"), ("GBP", 1, 1, "7", "0")]
    for table in ("mart_daily_sales", "mart_daily_item_sales"):
        found = [(row[0], int(row[1]), int(row[2]), *map(_money, row[3:])) for row in ask(built, sales.format(table))]
        assert found == expected
    shelves = "SELECT placement, strategy, currency, orders, revenue FROM mart_daily_shelf_sales WHERE orders > 0"
    assert [(*row[:4], _money(row[4])) for row in ask(built, shelves)] == [("home", "personal", "EUR", 1, "24.691356")]


def _money(value: Any) -> str:
    return f"{round(Decimal(value), 6).normalize():f}"


def test_looks_people_and_dimensions(built: Database) -> None:
    looks = "SELECT item_id, places, seen, clicks, views FROM mart_daily_items ORDER BY item_id"
    assert ask(built, looks) == [("mug", 1, 1, 1, 1), ("pot", 1, 0, 0, 0)]
    assert ask(built, "SELECT visitors, buyers, returning_buyers FROM mart_daily_visits ORDER BY day") == [
        (2, 2, 0),
        (1, 0, 0),
    ]
    assert ask(built, "SELECT user_id, orders FROM mart_users ORDER BY user_id") == [("anna", 1), ("ben", 1)]
    assert ask(built, "SELECT item_id, department FROM mart_items WHERE title = 'Mug'") == [("mug", "Kitchen")]
    assert ask(built, "SELECT algorithm, status FROM mart_models") == [("hybrid", "candidate")]
    assert ask(built, "SELECT segment, COUNT(*) FROM mart_user_segments GROUP BY segment") == [("tea", 2)]
    assert ask(built, "SELECT user_id, place, item_id FROM mart_recommendations") == [("ben", 1, "mug")]
    assert ask(built, "SELECT COUNT(*) FROM mart_dates") == [(2,)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_has_an_answer(built: Database, name: str) -> None:
    assert ask(built, QUESTIONS[name])


def test_only_what_changed_is_built_again(built: Database, settings: Settings) -> None:
    before = {mart.name: list(store.read(built, mart)) for mart in MARTS}
    assert build_marts(built, settings, moment=NOW).days == 2  # yesterday and today
    assert {mart.name: list(store.read(built, mart)) for mart in MARTS} == before
    late = samples.event(9, event="view_item", user_id="cleo", item_id="pot", timestamp=MONDAY + 5 * HOUR)
    events.store(built, [late])
    assert build_marts(built, settings, moment=NOW).days == 3
    assert ask(built, "SELECT views FROM mart_daily_items WHERE item_id = 'pot'") == [(1,)]


def test_one_that_ends_in_the_middle_leaves_what_was(
    built: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(built, "SELECT user_id FROM mart_users ORDER BY user_id")

    def stop(stage: str, done: float, total: float | None, rows: int = 0) -> None:
        if stage == "build facts":
            raise KeyboardInterrupt

    events.store(built, [samples.event(9, user_id="cleo", item_id="pot", timestamp=MONDAY + 5 * HOUR)])
    with pytest.raises(KeyboardInterrupt):
        build_marts(built, settings, stop, NOW)
    assert ask(built, "SELECT user_id FROM mart_users ORDER BY user_id") == before
    build_marts(built, settings, moment=NOW)
    assert len(ask(built, "SELECT user_id FROM mart_users")) == len(before) + 1


def test_erased_and_merged_people_are_in_no_mart(built: Database, settings: Settings) -> None:
    people.erase(built, "anna")
    merges.merge(built, "ben", "benjamin")
    for table in ("mart_users", "mart_user_segments", "mart_recommendations"):
        assert ask(built, f"SELECT user_id FROM {table}") == []
    build_marts(built, settings, moment=NOW)
    assert ask(built, "SELECT user_id, orders FROM mart_users") == [("benjamin", 1)]
    assert ask(built, "SELECT currency FROM mart_daily_sales") == [("GBP",)]
