"""Exploration on live shelves: what is recorded is what happens, pins stay, and a shopper has enough at some time."""

from collections import Counter

import pytest

from aisle.app.serve import Live
from aisle.app.serving.exploration import seed_of, share_to_explore
from aisle.app.serving.placements import with_rules
from aisle.app.serving.reasons import EXPLORED
from aisle.app.serving.shelf import Shelf
from aisle.engine.request import ShelfRequest
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem

MAIN = "recommended-for-you"
SHARE = 0.3
TIMES = 1_500


def explore(live: Live, **rules: object) -> None:
    live.placements[MAIN] = with_rules(live.placements[MAIN], {"explore": SHARE} | rules)


def shelf(live: Live, user_id: str | None = "user-0", n: int = 4) -> Shelf:
    return live.shelf(ShelfRequest(user_id=user_id, n=n, explore=True, explain=True))


def offer(live: Live, item_id: str, category: str, available_from: int) -> None:
    values = {columns.ITEM_ID: item_id, columns.CATEGORY: category, columns.AVAILABLE_FROM: available_from}
    items.upsert(live.db, [tuple(values.get(name) for name in columns.ITEMS)])


@pytest.fixture
def exploring(live: Live) -> Live:
    explore(live)
    return live


def test_propensities_are_how_often_an_item_stands_at_a_place(exploring: Live) -> None:
    times: Counter[tuple[int, str]] = Counter()
    recorded: dict[tuple[int, str], float] = {}
    for _ in range(TIMES):
        for place, item in enumerate(shelf(exploring).items, 1):
            times[place, item.item_id] += 1
            known = recorded.setdefault((place, item.item_id), item.propensity)
            assert item.propensity == pytest.approx(known), "the chance of a shelf does not depend on what was drawn"
    assert len(recorded) > 8
    for at, chance in recorded.items():
        error = (chance * (1 - chance) / TIMES) ** 0.5
        assert times[at] / TIMES == pytest.approx(chance, abs=5 * error)


def test_the_impression_holds_the_propensities(exploring: Live) -> None:
    shown = exploring.shelf_to_show(ShelfRequest(user_id="user-0", n=4))
    exploring.impressions.close()
    stored = impressions.get(exploring.db, shown.recommendation_id)
    assert stored is not None
    assert [item.propensity for item in stored.items] == pytest.approx([item.propensity for item in shown.items])
    assert min(item.propensity for item in stored.items) < 1


def test_the_explored_are_told(exploring: Live) -> None:
    ranked = {item.item_id for item in exploring.recommend("user-0", 4).items}
    for _ in range(20):
        for item in shelf(exploring).items:
            new = item.item_id not in ranked
            assert (item.reason == EXPLORED) == new
            assert item.propensity < 0.5 or not new
            assert item.fallback is None


def test_pins_never_explore(live: Live) -> None:
    explore(live, pins=["tool-1", "tea-3"])
    for _ in range(60):
        first, second, *others = shelf(live).items
        assert [(first.item_id, first.propensity), (second.item_id, second.propensity)] == [("tool-1", 1), ("tea-3", 1)]
        assert all(item.propensity < 1 for item in others)


def test_nothing_twice(exploring: Live) -> None:
    for _ in range(60):
        items = [item.item_id for item in shelf(exploring, n=6).items]
        assert len(set(items)) == 6


def test_only_what_a_shopper_sees_explores(exploring: Live) -> None:
    for previewed in (exploring.recommend("user-0", 4), shelf(exploring, "nobody"), shelf(exploring, None)):
        assert {item.propensity for item in previewed.items} == {1.0}


def test_the_new_items_are_those_closest_to_what_the_shopper_likes(exploring: Live) -> None:
    for number in range(20):
        category = "Tea > Green" if number < 9 else "Tools > Saws"  # the saws are newer
        offer(exploring, f"new-{number}", category, moments.now() - (20 - number) * moments.HOUR)
    explored = {item.item_id for _ in range(300) for item in shelf(exploring).items if item.reason == EXPLORED}
    newest_teas = {f"new-{number}" for number in range(1, 9)}
    assert {item_id for item_id in explored if item_id.startswith("new-")} == newest_teas


def test_a_page_explores(exploring: Live) -> None:
    shelves = exploring.page(ShelfRequest(user_id="user-0", n=4), [MAIN, "bestsellers"], to_show=True)
    assert all(item.propensity < 1 for item in shelves[0].items)
    assert {item.propensity for item in shelves[1].items} == {1.0}


def test_a_shopper_has_a_cap(live: Live) -> None:
    explore(live, explore_per_day=2)
    request, now = ShelfRequest(user_id="user-0", explore=True), moments.now()
    profile = live.profiles.of("user-0", None)

    def served(number: int, age: int) -> Impression:
        items = (ServedItem("tea-1", 1, None, 0.02), ServedItem("tea-2", 2, 0.5, 0.7))
        return Impression(f"r{number}", now - age, "user-0", None, MAIN, "personal", None, 1, items)

    def share() -> float:
        return share_to_explore(live.db, request, live.placements[MAIN], profile)

    impressions.add(live.db, [served(1, moments.HOUR), served(2, 2 * moments.DAY)])
    assert share() == SHARE, "one of today, and one of the day before yesterday"
    impressions.add(live.db, [served(3, moments.HOUR)])
    assert share() == 0


def test_without_a_database_nothing_explores(exploring: Live) -> None:
    away = exploring.as_if_away()
    assert {item.propensity for item in away.shelf(ShelfRequest(user_id="user-0", explore=True)).items} == {1.0}


def test_a_shelf_is_drawn_by_its_id() -> None:
    assert seed_of("a") == seed_of("a") != seed_of("b")
