import numpy as np
import polars as pl
import pytest

from aisle.simulator.simulation import Part
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World
from tests.simulator.kinds import BOUGHT, of_kind


@pytest.mark.parametrize(("kind", "before"), [("add_to_cart", "view_item"), ("purchase", "add_to_cart")])
def test_each_step_follows_the_one_before_in_its_session(part: Part, kind: str, before: str) -> None:
    keys = ["session_id", "item_id"]
    earlier = of_kind(part.events, before).group_by(keys).agg(first=pl.col("timestamp").min())
    later = of_kind(part.events, kind).join(earlier, on=keys, how="left")
    assert (later["first"] < later["timestamp"]).all()
    assert later["first"].null_count() == 0


def test_what_is_removed_from_a_cart_is_not_bought(part: Part) -> None:
    keys = ["session_id", "item_id"]
    removed = of_kind(part.events, "remove_from_cart")
    assert removed.join(of_kind(part.events, "add_to_cart"), on=keys, how="anti").is_empty()
    assert removed.join(of_kind(part.events, "purchase"), on=keys, how="semi").is_empty()


def test_the_lines_of_an_order_share_user_and_moment(part: Part) -> None:
    orders = of_kind(part.events, "purchase").group_by("transaction_id").n_unique()
    assert (orders["timestamp"] == 1).all()
    assert (orders["user_id"] == 1).all()


def test_consumables_are_bought_again_after_their_interval(happenings: pl.DataFrame) -> None:
    coffee = [category.path for category in LEAVES].index("Grocery > Drinks > Coffee")
    bought = happenings.filter(BOUGHT & (pl.col("leaf") == coffee)).unique(["user_id", "number", "day"])
    gaps = bought.sort("day").select(gap=pl.col("day").diff().over("user_id", "number")).drop_nulls()["gap"]
    assert len(gaps) > 30
    assert gaps.median() == pytest.approx(LEAVES[coffee].interval, abs=3)


def test_partners_are_bought_together(happenings: pl.DataFrame, world: World) -> None:
    orders = happenings.filter(BOUGHT).select("transaction_id", "number")
    pairs = orders.join(orders, on="transaction_id").filter(pl.col("number") != pl.col("number_right"))
    first, second = pairs["number"].to_numpy(), pairs["number_right"].to_numpy()
    together = (world.catalogue.partners[first] == second[:, None]).any(axis=1).mean()
    by_chance = (world.catalogue.partners[np.random.default_rng(0).permutation(first)] == second[:, None]).any(axis=1)
    assert together > 20 * by_chance.mean()
