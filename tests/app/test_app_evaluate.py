from pathlib import Path

from aisle.app.evaluate import top_categories
from aisle.app.settings import Settings
from aisle.app.setup import make_shop
from aisle.app.shop import Shop
from aisle.shop import columns
from aisle.shop.ids import Vocabulary
from aisle.storage import items
from aisle.storage.connect import connect


def shop_with(folder: Path, categories: dict[str, str | None]) -> str:
    make_shop(folder)
    url = Settings.read(folder).database_url
    rows = [{columns.ITEM_ID: item_id, columns.CATEGORY: path} for item_id, path in categories.items()]
    with connect(url) as db:
        items.upsert(db, [tuple(row.get(name) for name in columns.ITEMS) for row in rows])
    return url


def test_the_first_step_of_a_category_counts(tmp_path: Path) -> None:
    url = shop_with(tmp_path, {"a": "Tea > Green", "b": "Tools", "c": "Tea", "d": None})

    with connect(url) as db:
        found = top_categories(db, Vocabulary(["a", "b", "c", "d", "not in the catalogue"]))

    assert found is not None
    assert found.tolist() == [1, 2, 1, 0, 0]


def test_a_shop_without_categories_has_none(tmp_path: Path) -> None:
    with connect(shop_with(tmp_path, {"a": None})) as db:
        assert top_categories(db, Vocabulary(["a", "b"])) is None


def test_models_are_compared_with_the_first(folder: Path) -> None:
    with Shop.open(folder) as shop:
        als, popularity, again = shop.evaluate(["als", "popularity", "als"], 5)

    assert als.versus is None
    assert popularity.versus is not None
    assert popularity.versus.model == "als"
    difference = popularity.versus.ndcg.difference
    assert difference.low <= difference.value <= difference.high < 0
    assert again.versus is not None
    assert again.versus.ndcg.difference.value == 0
    assert again.versus.novel_ndcg is not None
    assert again.versus.novel_ndcg.finding == "no real difference"


def test_stars_are_those_of_the_personal_model(folder: Path) -> None:
    with Shop.open(folder) as shop:
        assert [one.report.stars for one in shop.evaluate(["als", "popularity"], 5)] == [None, None]
