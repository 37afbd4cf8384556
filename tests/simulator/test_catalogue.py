import numpy as np
import polars as pl

from aisle.simulator.world import World
from tests.simulator.kinds import VIEWED, of_kind


def test_popularity_is_skewed(happenings: pl.DataFrame) -> None:
    counts = np.sort(np.bincount(happenings.filter(VIEWED)["number"], minlength=2000))[::-1]
    assert 0.5 < counts[:400].sum() / counts.sum() < 0.85


def test_prices_are_those_of_the_catalogue_at_the_time(happenings: pl.DataFrame, world: World) -> None:
    seen = of_kind(happenings, "view_item", "add_to_cart", "remove_from_cart", "purchase")
    price = world.catalogue.price_at(seen["number"].to_numpy(), seen["day"].to_numpy())
    assert np.array_equal(seen["price"].to_numpy(), price)
    assert (price < world.catalogue.price[seen["number"].to_numpy()]).any()


def test_items_are_seen_only_while_they_are_for_sale(happenings: pl.DataFrame, world: World) -> None:
    seen = of_kind(happenings, "view_item").with_columns(pl.col("day").min().over("session_id"))
    items = seen["number"].to_numpy()
    assert world.catalogue.for_sale(items, seen["day"].to_numpy()).all()
