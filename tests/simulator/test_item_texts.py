import polars as pl

from aisle.simulator.simulation import Simulation


def test_items_are_presentable(simulation: Simulation) -> None:
    items = simulation.items()
    assert len(items) == 2_000
    assert items["title"].is_unique().all()
    assert items["category"].n_unique() >= 40
    assert (items["price"] % 10_000 == 0).all()
    assert items["price"].is_between(500_000, 600_000_000).all()
    assert not items.select(pl.all().exclude("image_url", "item_group_id")).null_count().sum_horizontal().item()
    assert (items.filter("hidden")["stock"] == 0).all()
