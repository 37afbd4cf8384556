"""The way of an item to a shelf, for items that stand there and for those that do not."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from aisle.app.explore.way import Way, way
from aisle.app.serve import Live
from aisle.engine.request import ShelfRequest
from aisle.shop import columns
from aisle.shop.errors import InputError, NotFound
from aisle.storage.catalogue import items
from tests.small_shop import TEAS


@pytest.fixture
def folder(hybrid_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(hybrid_folder, tmp_path / "shop")


def follow(live: Live, wanted: str, user_id: str | None = "user-0", **request: Any) -> Way:
    asked = ShelfRequest(user_id=user_id, **request)
    return way(live, asked, live.profiles.of(user_id, None), live.model_watch.current(), wanted)


def shown(live: Live, placement: str, **request: Any) -> list[str]:
    asked = ShelfRequest(user_id="user-0", placement=placement, n=3, **request)
    return [item.item_id for item in live.shelf(asked).items]


@pytest.mark.parametrize("placement", ["recommended-for-you", "trending", "bestsellers", "buy-it-again"])
def test_an_item_on_a_shelf_passes_every_step(live: Live, placement: str) -> None:
    for place, item_id in enumerate(shown(live, placement), 1):
        told = follow(live, item_id, placement=placement, n=3)
        assert [step.passed for step in told.steps] == [True] * 5
        assert told.place == place
        assert told.verdict == f"It stands on place {place} of 3."


def test_the_way_onto_the_shelf_of_an_items_page(live: Live) -> None:
    item_id = shown(live, "similar-items", item_id=TEAS[0])[0]
    told = follow(live, item_id, placement="similar-items", item_id=TEAS[0], n=3)
    assert (told.place, told.why) == (1, None)  # nothing ranks there for shoppers
    assert follow(live, TEAS[0], placement="similar-items", item_id=TEAS[0], n=3).verdict.startswith(
        ("It is not among the", "The rule excluded_by_request")
    )


def test_an_item_behind_the_last_place(live: Live) -> None:
    behind = shown(live, "bestsellers")[-1]
    told = follow(live, behind, placement="bestsellers", n=2)
    assert (told.place, told.verdict) == (None, "It stood behind the 2 places of the shelf.")
    assert told.steps[-2].passed


def test_a_ranking_model_tells_more(live: Live) -> None:
    told = follow(live, shown(live, "recommended-for-you")[0], n=3)
    assert told.why is not None
    assert (told.why.place, told.why.user_id) == (1, "user-0")


@pytest.mark.parametrize(
    ("values", "says"), [({columns.STOCK: 0}, "It is sold out."), ({columns.HIDDEN: True}, "It is hidden.")]
)
def test_an_item_that_cannot_be_sold(live: Live, values: dict[str, object], says: str) -> None:
    items.upsert(live.db, [tuple(({columns.ITEM_ID: TEAS[0]} | values).get(name) for name in columns.ITEMS)])
    told = follow(live, TEAS[0])
    assert (told.steps[-1].name, told.verdict) == ("It can be sold now", says)


def test_a_rule_that_leaves_an_item_out(live: Live) -> None:
    item_id = shown(live, "bestsellers")[0]
    told = follow(live, item_id, placement="bestsellers", rules={"exclude": [item_id]})
    assert told.verdict == "The rule exclude leaves it out."


def test_an_item_that_nobody_knows_ends_at_the_first_step(live: Live) -> None:
    told = follow(live, "no such thing")
    assert [step.passed for step in told.steps] == [False]
    assert "check its spelling" in told.verdict


def test_an_item_that_is_not_in_the_model_yet(live: Live) -> None:
    row = {columns.ITEM_ID: "new-tea", columns.TITLE: "New"}
    items.upsert(live.db, [tuple(row.get(name) for name in columns.ITEMS)])
    told = follow(live, "new-tea")
    assert told.steps[0] == (told.steps[0].name, True, told.steps[0].says)
    assert "came after the training" in told.steps[0].says
    assert told.steps[-1].name == "The strategy personal proposes it"
    pinned = follow(live, "new-tea", rules={"pins": ["new-tea"]})
    assert (pinned.place, pinned.name) == (1, "New")


def test_a_shopper_of_whom_nothing_is_known(live: Live) -> None:
    told = follow(live, TEAS[0], "nobody")
    assert told.why is None
    assert "popular shelf" in told.steps[2].says


def test_a_placement_that_is_not_there_and_a_page_without_an_item(live: Live) -> None:
    with pytest.raises(NotFound, match="no placement 'x'"):
        follow(live, TEAS[0], placement="x")
    with pytest.raises(InputError, match="add item_id"):
        follow(live, TEAS[0], placement="similar-items")
