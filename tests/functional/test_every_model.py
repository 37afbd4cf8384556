"""Every model of the catalogue can be a shop's personal model, and fill a placement."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.recommenders.catalog import NAMES
from aisle.shop import columns, moments
from aisle.storage.catalogue import items
from aisle.storage.connection import connect


def log() -> pl.DataFrame:
    """Return baskets of three items, some of which are rated afterwards: tea lovers and tool lovers."""
    rng = np.random.default_rng(1)
    rows = []
    for basket in range(150):
        user = basket % 30
        moment = moments.now() - int(rng.integers(2, 60)) * moments.DAY
        for item in rng.permutation(10)[:3]:
            name = f"tea-{item}" if user % 2 else f"tool-{item}"
            common = {"user_id": f"user-{user}", "item_id": name, "transaction_id": f"order-{basket}"}
            rows.append({**common, "event": "purchase", "timestamp": moment, "rating": None})
            stars = int(rng.integers(2, 6))
            rows.append({**common, "event": "rate", "timestamp": moment + moments.DAY, "rating": stars})
    return pl.DataFrame(rows, infer_schema_length=None)


def catalogue() -> list[tuple[object, ...]]:
    """Return what the shop says of its items."""
    kinds = {"tea": "Drinks > Tea", "tool": "Hardware > Tools"}
    rows = [
        {columns.ITEM_ID: f"{kind}-{number}", columns.TITLE: f"{kind} number {number}", columns.CATEGORY: category}
        for kind, category in kinds.items()
        for number in range(10)
    ]
    return [tuple(row.get(name) for name in columns.ITEMS) for row in rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "shop"
    with Shop.open(folder) as shop:
        shop.import_events(log())
    with connect(Settings.read(folder).database_url) as db:
        items.upsert(db, catalogue())
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_every_model_trains_and_fills_shelves(folder: Path, name: str) -> None:
    with Shop(Settings.read(folder, train={"model": name})) as shop:
        shop.promote(shop.train().version)
        known, stranger = shop.recommend("user-1", 5), shop.recommend("nobody", 5)
    assert len(known.items) == len(stranger.items) == 5
    assert len({item.item_id for item in known.items}) == 5


@pytest.fixture(scope="module")
def filled(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a shop that has a placement for every model, trained once for all of them."""
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("models") / "filled")
    placements = {f"by-{name}": {"strategy": name} for name in NAMES}
    with Shop(Settings.read(copy, placements=placements)) as shop:
        shop.promote(shop.train().version)
        yield shop


@pytest.mark.parametrize("name", NAMES)
def test_every_model_fills_a_placement(filled: Shop, name: str) -> None:
    shelf = filled.recommend("user-1", 5, placement=f"by-{name}")
    assert len({item.item_id for item in shelf.items}) == 5
    assert shelf.fallback is None


def test_models_are_measured_side_by_side(folder: Path) -> None:
    with Shop(Settings.read(folder)) as shop:
        measured = shop.evaluate(["item_knn", "svd", "popularity"], 5)
    assert [one.model for one in measured] == ["item_knn", "svd", "popularity"]
