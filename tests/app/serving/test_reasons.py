"""What reviewers praise reaches the shelf."""

import shutil
from pathlib import Path

import pytest

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.storage.connection import connect
from aisle.storage.log import reviews

USUAL = [(4.0, "it arrived today"), (5.0, "I love it"), (1.0, "what a disappointment")] * 5
HIGHLIGHTS = [("tea-1", 5.0, "lovely aroma")] * 20
SAID = [*HIGHLIGHTS, *((f"tea-{number}", *one) for number in range(2, 10) for one in USUAL)]


@pytest.fixture
def reviewed(untrained_folder: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    rows = [
        {"review_id": f"r{number}", "user_id": f"critic-{number}", "item_id": item, "rating": stars, "text": text,
         "timestamp": moments.now() - 50 * moments.DAY}
        for number, (item, stars, text) in enumerate(SAID)
    ]  # fmt: skip
    with connect(Settings.read(folder).database_url) as db:
        reviews.store(db, [tuple(row.get(name) for name in columns.REVIEWS) for row in rows])
    return folder


def test_a_shelf_quotes_what_reviewers_praise(reviewed: Path) -> None:
    with Shop.open(reviewed) as shop:
        shop.train()
        shelf = shop.recommend("user-0", 20, placement="bestsellers", explain=True)
    quoting = {item.item_id for item in shelf.items if "reviewers like “lovely aroma”" in str(item.reason)}
    assert quoting == {"tea-1"}
