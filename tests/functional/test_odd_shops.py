"""Training ends with a working bundle whatever a shop lacks, and says what was left out."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.connection import connect
from aisle.storage.log import events
from tests.runner import Runner

START: Final = 19_000 * moments.DAY

Rows = list[dict[str, Any]]


def fifty_events(days: int = 60) -> Rows:
    """Make the least that a log can say: who bought what and when, eight shoppers and a dozen items."""
    draw = np.random.default_rng(2)
    return [
        {"event": "purchase", "user_id": f"u{number % 8}", "item_id": f"i{draw.integers(0, 12)}",
         "timestamp": START + number * days * moments.DAY // 50}
        for number in range(50)
    ]  # fmt: skip


def shop_of(folder: Path, log: Rows, catalogue: Rows) -> Path:
    make_shop(folder)
    with connect(Settings.read(folder).database_url) as db:
        items.upsert(db, [tuple(one.get(name) for name in columns.ITEMS) for one in catalogue])
        numbered = [{"event_id": f"e{number}", "quantity": 1} | one for number, one in enumerate(log)]
        events.store(db, [tuple(one.get(name) for name in columns.EVENTS) for one in numbered])
    return folder


NEVER_SEEN: Rows = [{"item_id": f"new{number}", "category": "Only one"} for number in range(5)]
HALF_KNOWN: Rows = [{"item_id": f"i{number}", "category": "Only one"} for number in range(6)]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shop]:
    """Return a shop of 50 events without titles or prices, and a catalogue of one category that is half beside it."""
    with Shop.open(shop_of(tmp_path / "shop", fifty_events(), HALF_KNOWN + NEVER_SEEN)) as shop:
        yield shop


def test_a_shop_that_lacks_nearly_everything_has_shelves(small: Shop) -> None:
    trained = small.train()
    assert trained.live
    assert [one.model for one in trained.measured] == ["hybrid", "popularity"]
    shelf = small.recommend("u1", 5)
    assert len(shelf.items) == 5
    assert shelf.fallback is None


def test_it_says_what_was_left_out_and_why(small: Shop) -> None:
    left_out = small.train().skipped
    assert re.search(r"a ranker needs 100.*the sources' calibrated ranks order the shelves", left_out["ranker"])
    assert "ratings" in left_out["stars"]


def test_the_command_line_says_so_too(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("-C", shop_of(tmp_path / "shop", fifty_events(), []), "train")
    assert ran.code == 0, ran.err
    assert "Skipped: ranker (" in ran.out
    assert "Skipped: stars (" in ran.out


@pytest.mark.parametrize(
    "change",
    [
        {"event": "view_item"},
        {"event": "rate", "rating": 4.0},
        {"event": "rate", "rating": 1.0},
        {"session_id": "one"},
        {"transaction_id": "one"},
        {"item_id": "the only one"},
        {"user_id": "the only one"},
        {"timestamp": START},
    ],
    ids=str,
)
def test_a_log_that_says_only_one_thing(tmp_path: Path, change: dict[str, Any]) -> None:
    with Shop.open(shop_of(tmp_path / "shop", [one | change for one in fifty_events()], HALF_KNOWN)) as shop:
        assert shop.train().live
        assert shop.recommend("u1", 1).items


def test_a_log_of_nobody_has_a_popular_shelf(tmp_path: Path) -> None:
    log = [one | {"user_id": None, "session_id": f"s{number % 9}"} for number, one in enumerate(fifty_events())]
    with Shop.open(shop_of(tmp_path / "shop", log, [])) as shop:
        assert shop.train().live
        assert len(shop.recommend("anybody", 3).items) == 3


def test_a_log_of_two_days_is_not_measured(tmp_path: Path) -> None:
    with Shop.open(shop_of(tmp_path / "shop", fifty_events(days=2), [])) as shop:
        trained = shop.train()
        assert trained.reason.startswith("not measured")
        assert "ranker" in trained.skipped
        assert len(shop.recommend("u1", 3).items) == 3


def test_hybrid_and_als_can_be_compared(hybrid_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(hybrid_folder, tmp_path / "shop")) as shop:
        hybrid, als = shop.evaluate(["hybrid", "als"], 5)
    assert (hybrid.model, als.model) == ("hybrid", "als")
    assert als.versus is not None
    assert als.versus.model == "hybrid"
