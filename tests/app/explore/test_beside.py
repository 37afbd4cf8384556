"""Two shelves side by side."""

import shutil
from pathlib import Path

import pytest

from aisle.app.explore.beside import HELD, Models, Move, moves, settings_of
from aisle.app.serve import Live
from aisle.app.serving.shelf import Shelf, ShelfItem
from aisle.app.shop import Shop
from aisle.shop.errors import BundleError, InputError, NoModel


def shelf(*item_ids: str) -> Shelf:
    items = [ShelfItem(item_id, item_id, *[None] * 7) for item_id in item_ids]
    return Shelf(items, 1, None, "r", "home")


def test_items_move_come_and_go() -> None:
    first, second = shelf("a", "b", "c"), shelf("b", "d", "c")
    told = [(move.item.item_id, move.first, move.second, move.says) for move in moves(first, second)]
    assert told == [("b", 2, 1, "1 up"), ("d", None, 2, "new"), ("c", 3, 3, "stays"), ("a", 1, None, "gone")]
    assert Move(first.items[0], 1, 3).says == "2 down"
    assert moves(shelf(), shelf()) == []


def test_models_are_opened_once_and_the_live_one_is_that_of_the_shop(live: Live) -> None:
    with Shop(live.settings) as shop:
        for _ in range(3):
            shop.train()
    models = Models(live)
    live.model_watch.refresh()
    assert models.get() is models.get(4) is live.model_watch.current()
    first = models.get(1)
    assert (first.version, models.get(1) is first) == (1, True)
    for version in (2, 3)[:HELD]:
        models.get(version)
    assert models.get(1) is not first


def test_a_model_that_is_not_there_or_damaged_says_so(live: Live) -> None:
    with Shop(live.settings) as shop:
        shop.train()
    live.model_watch.refresh()
    models = Models(live)
    with pytest.raises(NoModel, match="there is no model 9"):
        models.get(9)
    file: Path = next((live.settings.bundles / "000001").glob("*.npy"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(BundleError, match="bytes instead of"):
        models.get(1)
    shutil.rmtree(live.settings.bundles / "000001")
    with pytest.raises(BundleError, match="no readable manifest"):
        models.get(1)


def test_settings_are_read_as_toml() -> None:
    assert settings_of('diversity = 0.5\nbrands = ["Ada"]') == {"diversity": 0.5, "brands": ["Ada"]}
    assert settings_of("") == {}
    with pytest.raises(InputError, match=r"not TOML.*write one rule a line"):
        settings_of("diversity: 0.5")
    with pytest.raises(InputError, match="4,000 are enough"):
        settings_of("# " * 4_000)
