import numpy as np
import polars as pl

from aisle.simulator.simulation import DAYS, Part, Simulation
from aisle.simulator.world import make_world
from tests.simulator.kinds import of_kind


def test_some_sessions_are_anonymous_and_buy_nothing(part: Part) -> None:
    anonymous = part.events.filter(pl.col("user_id").is_null())
    assert 0.08 < len(anonymous) / len(part.events) < 0.2
    assert anonymous["session_id"].null_count() == 0
    assert not of_kind(anonymous, "purchase", "refund", "rate").height


def test_sessions_belong_to_one_user_and_have_no_long_pause(part: Part) -> None:
    inside = part.events.filter(pl.col("session_id").is_not_null())
    assert (inside.group_by("session_id").agg(pl.col("user_id").n_unique())["user_id"] == 1).all()
    pause = inside.select(pl.col("timestamp").diff().over("session_id")).max().item()
    assert pause < 30 * 60 * 1_000_000


def test_searches_say_what_was_searched(part: Part) -> None:
    searches = of_kind(part.events, "search")
    words = searches["properties"].str.json_path_match("$.query")
    assert words.null_count() == 0
    assert "wok" in set(words)
    assert searches["item_id"].null_count() == len(searches)


def test_in_a_large_shop_shoppers_look_at_popular_items_of_their_taste() -> None:
    simulation = Simulation(events=20_000, items=100_000)
    world = make_world(simulation.seed, simulation.end, DAYS, 100_000)
    viewed = of_kind(pl.concat(simulation.events()), "view_item").join(simulation.tastes(), on="user_id")
    number = viewed["item_id"].str.strip_prefix("sim-").cast(pl.Int32).to_numpy()
    assert np.corrcoef(world.catalogue.style[number, 0], viewed["classic_modern"])[0, 1] > 0.25
    assert world.catalogue.known[number].mean() > 0.7
