"""Requests and shops at the edge: each placement answers with a shelf, or with nothing to show, and never fails."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aisle.app.serve import Live
from aisle.app.serving.placements import STANDARD
from aisle.app.serving.shelf import Shelf
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.engine.request import ShelfRequest
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.log import events
from tests.small_shop import TEAS, TOOLS

SHOPPER = "user-0"


@pytest.fixture(params=["hybrid_folder", "folder"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    """Return a shop whose model has two stages, and one with a single model."""
    folder = shutil.copytree(request.getfixturevalue(request.param), tmp_path / "odd")
    with Live(Settings.read(folder)) as live:
        yield live


def shelves(live: Live, n: int = 10) -> dict[str, Shelf]:
    """Fill every placement, each item with its reason."""
    request = ShelfRequest(user_id=SHOPPER, item_id="tea-1", cart=("tool-1",), n=n, explain=True)
    return {placement: live.shelf(replace(request, placement=placement)) for placement in STANDARD}


def describe(live: Live, item_ids: list[str], **values: object) -> None:
    rows = [{columns.ITEM_ID: item_id, **values} for item_id in item_ids]
    items.upsert(live.db, [tuple(row.get(name) for name in columns.ITEMS) for row in rows])


def test_a_shopper_of_a_hundred_thousand_events(live: Live) -> None:
    now, ids = moments.now(), itertools.cycle([*TEAS, *TOOLS])
    rows = [
        {
            columns.EVENT_ID: f"many-{number}",
            columns.EVENT: "view_item",
            columns.USER_ID: SHOPPER,
            columns.ITEM_ID: next(ids),
            columns.TIMESTAMP: now - number * 1_000_000,
        }
        for number in range(100_000)
    ]
    for start in range(0, len(rows), 10_000):
        events.store(live.db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows[start : start + 10_000]])
    assert all(shelf.items for shelf in shelves(live).values())


def test_a_category_of_forty_steps(live: Live) -> None:
    describe(live, [*TEAS, *TOOLS], category=" > ".join(f"step {number}" for number in range(40)))
    assert all(shelf.items for shelf in shelves(live).values())


def test_everything_is_sold_out(live: Live) -> None:
    describe(live, [*TEAS, *TOOLS], stock=0)
    assert not any(shelf.items for shelf in shelves(live).values())


def test_a_shelf_of_a_thousand_places_shows_all_that_there_is(live: Live) -> None:
    filled = shelves(live, n=1000)
    assert len(filled["bestsellers"].items) > 10
    assert all(len({item.item_id for item in shelf.items}) == len(shelf.items) for shelf in filled.values())


def test_a_clock_that_jumps_back_by_years(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shelves(live)
    past = moments.now() - 2000 * moments.DAY
    monkeypatch.setattr(moments, "now", lambda: past)
    assert {name for name, shelf in shelves(live).items() if shelf.items} == {n for n, s in before.items() if s.items}


def test_ids_that_nobody_knows(live: Live) -> None:
    request = ShelfRequest(user_id="nobody", item_id="nothing", cart=("nothing", "either"), exclude_ids=("nor this",))
    for placement in STANDARD:
        assert live.shelf(replace(request, placement=placement)).items


def test_a_catalogue_of_one_item(folder: Path) -> None:
    with Shop.open(folder) as shop:
        with shop.db.write() as connection:
            connection.exec_driver_sql("DELETE FROM events WHERE item_id <> 'tea-1'")
            connection.exec_driver_sql("DELETE FROM items WHERE item_id <> 'tea-1'")
        shop.train("popularity", force=True)
        assert [item.item_id for item in shop.recommend("somebody new").items] == ["tea-1"]
