import polars as pl

from aisle.simulator.simulation import Simulation


def test_items_are_presentable(simulation: Simulation) -> None:
    items = simulation.items()
    assert len(items) == 2_000
    assert items["title"].is_unique().all()
    assert items["category"].n_unique() >= 40
    assert (items["price"] % 10_000 == 0).all()
    assert items["price"].is_between(500_000, 600_000_000).all()
    assert not items.select(pl.all().exclude("image_url", "item_group_id", "url")).null_count().sum_horizontal().item()
    assert (items.filter("hidden")["stock"] == 0).all()


def test_a_large_shop_is_as_varied_as_a_small_one() -> None:
    small, large = Simulation(events=1_000).items(), Simulation(events=1_000, items=30_000).items()
    assert len(large) == 30_000
    assert large["item_id"].is_unique().all()
    assert large["title"].is_unique().all()
    assert large["brand"].n_unique() > 3 * small["brand"].n_unique()
    assert large["price"].n_unique() >= small["price"].n_unique()
    assert (large["description"].n_unique() / len(large)) > 0.5
