"""One visitor from the first click to a refund: the shelves follow, and stay those of a good shop assistant."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aisle.app.serve import Live
from aisle.app.serving.placements import STANDARD
from aisle.app.settings import Settings
from aisle.shop import columns, moments
from aisle.storage.log import events
from tests.small_shop import TEAS

SEEN = ["tea-1", "tea-4", "tea-7"]


def visitor(live: Live) -> tuple[Callable[..., None], Callable[..., list[str]]]:
    """Return what a visitor does, and what they are shown."""
    done = 0

    def do(kind: str, item_id: str, **values: Any) -> None:
        nonlocal done
        done += 1
        event = {
            columns.EVENT_ID: f"step-{done}",
            columns.EVENT: kind,
            columns.ITEM_ID: item_id,
            columns.SESSION_ID: "visit",
            columns.TIMESTAMP: moments.now(),
        } | values
        events.store(live.db, [tuple(event.get(name) for name in columns.EVENTS)])

    def shelf(placement: str = "home", n: int = 10) -> list[str]:
        shown = live.recommend(session_id="visit", n=n, placement=placement, item_id="tea-2", cart=["tea-3"])
        return [item.item_id for item in shown.items]

    return do, shelf


@pytest.fixture
def discovering(folder: Path) -> Iterator[Live]:
    """Return a shop with a placement for discovery."""
    with (folder / "aisle.toml").open("a") as file:
        file.write("[placements.home]\n")
    with Live(Settings.read(folder)) as live:
        yield live


def test_a_visitors_shelves_follow_clicks_orders_and_refunds(discovering: Live) -> None:
    do, shelf = visitor(discovering)
    before = set(shelf()) & set(TEAS)

    for item_id in SEEN:
        do("view_item", item_id)
    after = shelf()
    unseen = set(after) & set(TEAS) - set(SEEN)
    assert len(unseen) > len(before - set(SEEN))
    assert len(set(after) & set(SEEN)) <= 3

    do("add_to_cart", "tea-4")
    do("purchase", "tea-4")
    assert "tea-4" in shelf("bestsellers", 20)

    do("refund", "tea-4")
    for placement in ("home", *STANDARD):
        assert "tea-4" not in shelf(placement, 20), placement


def test_a_visitor_who_only_hid_an_item_is_not_shown_more_of_its_kind(hybrid_folder: Path, tmp_path: Path) -> None:
    with Live(Settings.read(shutil.copytree(hybrid_folder, tmp_path / "shop"))) as live:
        do, _ = visitor(live)
        do("hide", "tea-1")
        shelf = live.recommend(session_id="visit", n=10)
        stranger = live.recommend(session_id="another", n=11)
    assert shelf.fallback == "popular"
    expected = [item.item_id for item in stranger.items if item.item_id != "tea-1"]
    assert [item.item_id for item in shelf.items] == expected[:10]
