"""A shop that has only ratings: tea lovers rate tea well and tools badly, and the other way round."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import moments


def ratings() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for user in range(30):
        for item in rng.permutation(20)[:12]:
            likes = (item < 10) == (user % 2 == 0)
            stars = int(rng.integers(4, 6) if likes else rng.integers(1, 3))
            name = f"tea-{item}" if item < 10 else f"tool-{item}"
            rows.append((f"user-{user}", name, stars, moments.now() - int(rng.integers(1, 60 * moments.DAY))))
    return pl.DataFrame(rows, ["user_id", "item_id", "rating", "timestamp"], orient="row")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stars") / "shop"
    with Shop.open(folder) as shop:
        shop.import_events(ratings())
    return folder


@pytest.mark.parametrize("model", ["als", "als_wr", "svd", "knn_means"])
def test_every_shelf_shows_predicted_stars(folder: Path, model: str) -> None:
    settings = Settings.read(folder, train={"model": model})
    with Shop(settings) as shop:
        shop.train()
        version = shop.models()[0].version
        shop.promote(version)
        items = shop.recommend("user-0", 20).items
    stars = {item.item_id: item.predicted_rating or 0.0 for item in items}
    liked = [stars[item] for item in stars if item.startswith("tea")]
    others = [stars[item] for item in stars if item.startswith("tool")]
    assert all(1 <= one <= 5 for one in stars.values())
    assert min(liked) > np.mean(others)


@pytest.mark.parametrize("model", ["als", "item_knn", "svd"])
def test_the_next_shelf_follows_good_and_bad_stars(folder: Path, model: str) -> None:
    with Shop(Settings.read(folder, train={"model": model})) as shop:
        shop.promote(shop.train().version)
        shop.feedback(f"fan-of-{model}", "tea-1", 5.0)
        shop.feedback(f"foe-of-{model}", "tea-1", 5.0)
        shop.feedback(f"foe-of-{model}", "tea-1", 1.0)
        shop.feedback(f"foe-of-{model}", "tool-11", 4.0)
        praised = [item.item_id for item in shop.recommend(f"fan-of-{model}", 20).items]
        blamed = [item.item_id for item in shop.recommend(f"foe-of-{model}", 20).items]
    assert sum(item.startswith("tea") for item in praised[:8]) > 4
    assert "tea-1" not in blamed
    assert sum(item.startswith("tea") for item in blamed[:8]) < 4
