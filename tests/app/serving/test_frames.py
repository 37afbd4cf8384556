from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.shop import Shop
from aisle.shop.errors import InputError, NotFound


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open(folder) as shop:
        yield shop


def test_a_shelf_is_a_table_with_prices_in_currency_units(shop: Shop) -> None:
    shelf = shop.recommend("user-0", 3)
    frame = shelf.to_frame()
    assert frame["place"].to_list() == [1, 2, 3]
    assert frame["price"].to_list() == [12.5] * 3
    assert "The tea-" in shelf._repr_html_()
    title, header, *rows = repr(shelf).splitlines()
    assert title == "recommended-for-you, by model 1"
    assert header.split() == ["place", "item_id", "name", "category", "price", "currency", "score"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]


def test_the_text_of_a_shelf_says_what_fills_it(shop: Shop) -> None:
    assert repr(shop.recommend("nobody", 1)).startswith("recommended-for-you, by model 1: ")


def test_many_shelves_stand_in_one_table(shop: Shop) -> None:
    frame = shop.recommend_many(["user-0", "user-1", "nobody"], 4)
    assert frame.height == 12
    assert frame["user_id"].unique(maintain_order=True).to_list() == ["user-0", "user-1", "nobody"]
    assert shop.recommend_many([]).height == 0


def test_figures_are_a_table(shop: Shop) -> None:
    measured = shop.evaluate(["als", "popularity"], 5)
    frame = measured.to_frame()
    assert frame["model"].to_list() == ["als", "als", "popularity", "popularity"]
    assert frame["items"].to_list() == ["all", "novel"] * 2
    assert "the best 5 of all items" in repr(measured)
    assert [row.split()[0] for row in repr(measured).splitlines()[1:]] == ["model", *frame["model"]]
    assert "popularity" in measured._repr_html_()


def test_a_training_shows_its_outcome_and_its_figures(shop: Shop) -> None:
    trained = shop.train()
    for shown in (repr(trained), trained._repr_html_()):
        assert "Model 2 is live: not measured" in shown
        assert "popularity" in shown


def test_neighbours_are_of_a_kind(shop: Shop) -> None:
    assert shop.vectors("als").columns == ["item_id", "vector"]
    nearest = shop.neighbours("tea-1", "als", 5)
    assert all(item.startswith("tea-") for item in nearest["item_id"])
    assert nearest["similarity"].is_sorted(descending=True)


def test_a_model_without_vectors_and_an_unknown_item_are_named(shop: Shop) -> None:
    with pytest.raises(InputError, match="co_purchase has no vectors of items; choose one of als"):
        shop.vectors("co_purchase")
    with pytest.raises(NotFound, match="knows no item 'nothing'"):
        shop.neighbours("nothing", "als")
