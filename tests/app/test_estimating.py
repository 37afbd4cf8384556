"""Estimates before a launch on a shop whose shoppers click by a known rule."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from aisle.app.estimating import estimate
from aisle.app.merchandising.team_rules import TeamRules
from aisle.app.serve import Live
from aisle.app.settings import FILE
from aisle.app.shop import Shop
from aisle.engine.request import ShelfRequest
from aisle.shop.errors import InputError, NotEnoughData, NotFound
from tests.clicked_shop import MAIN, UNKNOWN, chance, fill
from tests.runner import Runner

ROUNDS = 60


@pytest.fixture(scope="module")
def explored(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("explored") / "shop")
    with (folder / FILE).open("a") as file:  # which ends with the section of the placement
        file.write("not_bought_within_days = 1000\n")
    with Shop.open(folder) as shop:
        fill(shop, ROUNDS, 0.3)
        yield shop


def truth(shop: Shop, placement: str, rules: Mapping[str, Any] = MappingProxyType({})) -> float:
    """Return how many clicks the shelves of a placement would bring per place."""
    asked = [
        ShelfRequest(user_id=f"user-{number}", n=4, placement=placement, rules={**UNKNOWN, **rules})
        for number in range(40)
    ]
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


def test_a_draft_of_rules(explored: Shop) -> None:
    found = TeamRules(explored).estimate(MAIN, {"diversity": 0.5} | UNKNOWN)
    assert (found.placement, found.strategy, found.shelves) == (MAIN, "personal", 2000)
    assert found.best.low <= truth(explored, MAIN, {"diversity": 0.5}) <= found.best.high
    assert f"{100 * found.best.value:.2f} % of its places would have been clicked" in str(found)


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
