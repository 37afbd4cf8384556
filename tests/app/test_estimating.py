"""Estimates before a launch on a shop whose shoppers click by a known rule."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aisle.app.estimating import estimate
from aisle.app.serve import Live
from aisle.app.serving.placements import with_rules
from aisle.app.serving.recommendation_ids import RecommendationIds
from aisle.app.serving.shelf import impression_of
from aisle.app.settings import FILE
from aisle.app.shop import Shop
from aisle.engine.request import ShelfRequest
from aisle.shop import moments
from aisle.shop.errors import InputError, NotEnoughData, NotFound
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from tests.runner import Runner
from tests.storage.samples import row

MAIN = "recommended-for-you"
ROUNDS = 60
UNKNOWN = {"not_bought_within_days": 1000}
"""Shelves show what a shopper does not have: only that explores."""


class CountedIds(RecommendationIds):
    """Ids that are the same in every run: a shelf is drawn by its id."""

    made = 0

    def new(self) -> str:
        self.made += 1
        return f"shelf-{self.made:05d}"


def chance(item_id: str) -> float:
    """Return how probable a click on an item is, wherever it stands."""
    return 0.1 + 0.05 * (sum(item_id.encode()) % 10)


def fill(live: Live, rounds: int, explore: float) -> None:
    """Show every shopper some shelves, and store what they click."""
    random, now, number = np.random.default_rng(0), moments.now(), 0
    live.recommendation_ids = CountedIds(live.db, live.db)
    live.placements[MAIN] = with_rules(live.placements[MAIN], {"explore": explore, "explore_per_day": 1000} | UNKNOWN)
    served, clicks = [], []
    for user in (f"user-{number}" for number in range(40)):
        request = ShelfRequest(user_id=user, n=4, explore=True)
        for turn in range(rounds):
            shelf = live.shelf(request)
            served.append(impression_of(shelf, request, now - turn))
            for item in shelf.items:
                if random.random() < chance(item.item_id):
                    number += 1
                    told = {"event_id": f"c{number}", "event": "select_item", "item_id": item.item_id, "timestamp": now}
                    clicks.append(row("events", **told, recommendation_id=shelf.recommendation_id))
    impressions.add(live.db, served)
    events.store(live.db, clicks)


@pytest.fixture(scope="module")
def explored(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("explored") / "shop")
    with (folder / FILE).open("a") as file:  # which ends with the section of the placement
        file.write("not_bought_within_days = 1000\n")
    with Shop.open(folder) as shop:
        fill(shop, ROUNDS, 0.3)
        yield shop


def truth(shop: Shop, placement: str) -> float:
    """Return how many clicks the shelves of a placement would bring per place."""
    asked = [ShelfRequest(user_id=f"user-{number}", n=4, placement=placement, rules=UNKNOWN) for number in range(40)]
    shelves = [shop.shelf(request) for request in asked]
    return float(np.mean([chance(item.item_id) for shelf in shelves for item in shelf.items]))


def test_todays_strategy_without_exploring(explored: Shop) -> None:
    found = estimate(explored, "personal", MAIN, 28, 1000)
    assert found.best.low <= truth(explored, MAIN) <= found.best.high
    assert found.shelves == 1000
    assert found.overlap.covered == pytest.approx(1, abs=0.05)


def test_another_strategy(explored: Shop) -> None:
    found = estimate(explored, "bestsellers", MAIN, 28, 5000)
    assert found.strategy == "bestsellers"
    for one in found.estimates:
        if one.method != "DM":
            assert one.low <= truth(explored, "bestsellers") <= one.high, one


def test_nothing_was_left_to_chance(live: Live) -> None:
    fill(live, 3, 0.0)
    with pytest.raises(NotEnoughData, match=r"propensity 1.*set explore = 0\.1 in \[placements.recommended-for-you\]"):
        estimate(live, "bestsellers", MAIN, 28, 1000)


def test_no_shelves_at_all(live: Live) -> None:
    with pytest.raises(NotEnoughData, match=r"set explore = 0\.1"):
        estimate(live, "bestsellers", MAIN, 28, 1000)


def test_too_few(live: Live) -> None:
    fill(live, 1, 0.3)
    with pytest.raises(NotEnoughData, match="nothing is estimated: "):
        estimate(live, "bestsellers", MAIN, 28, 1000)


@pytest.mark.parametrize(("strategy", "placement"), [("cart", MAIN), ("personal", "similar-items")])
def test_what_the_log_does_not_name(live: Live, strategy: str, placement: str) -> None:
    with pytest.raises(InputError, match="about an item or a cart"):
        estimate(live, strategy, placement, 28, 1000)


def test_an_unknown_placement(live: Live) -> None:
    with pytest.raises(NotFound, match="no placement 'nowhere'"):
        estimate(live, "personal", "nowhere", 28, 1000)


def test_on_the_command_line(explored: Shop, aisle: Runner) -> None:
    folder = str(explored.settings.folder)
    out = aisle("-C", folder, "experiments", "estimate", "--strategy", "bestsellers").out
    assert "bestsellers on recommended-for-you, the last 28 days" in out
    assert "SWITCH-DR" in out
    assert "they tell as much as" in out
