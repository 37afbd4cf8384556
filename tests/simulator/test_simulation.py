import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aisle.shop.columns import EVENTS, ITEM_ID, ITEMS, REVIEWS, USER_ID, USERS
from aisle.shop.errors import SettingsError
from aisle.shop.moments import DAY
from aisle.shop.schemas import schema_of
from aisle.simulator.simulation import DAYS, END, Part, Simulation


def test_tables_have_the_columns_of_the_shop(simulation: Simulation, part: Part) -> None:
    assert dict(simulation.items().schema) == schema_of(ITEMS)
    assert dict(simulation.users().schema) == schema_of(USERS)
    assert dict(part.events.schema) == schema_of(EVENTS)
    assert dict(part.reviews.schema) == schema_of(REVIEWS)


def test_equal_arguments_give_equal_tables() -> None:
    one, other = Simulation(seed=3, events=5_000), Simulation(seed=3, events=5_000)
    assert_frame_equal(one.items(), other.items())
    assert_frame_equal(one.users(), other.users())
    assert_frame_equal(one.tastes(), other.tastes())
    for mine, its in zip(next(one.parts()), next(other.parts()), strict=True):
        assert_frame_equal(mine, its)


def test_asking_again_gives_the_same(simulation: Simulation, part: Part) -> None:
    assert_frame_equal(next(simulation.events()), part.events)
    assert_frame_equal(simulation.reviews(), part.reviews)
    assert_frame_equal(simulation.truth(), part.truth)


def test_another_seed_gives_another_shop() -> None:
    one, other = Simulation(seed=3, events=2_000), Simulation(seed=4, events=2_000)
    assert not one.items()["title"].equals(other.items()["title"])
    assert not one.tastes().equals(other.tastes())
    assert not set(next(one.events())["event_id"]) & set(next(other.events())["event_id"])


@pytest.mark.parametrize(("seed", "events"), [(0, 5_000), (1, 5_000), (2, 40_000), (3, 100_000)])
def test_the_number_of_events_is_met(seed: int, events: int) -> None:
    count = sum(len(table) for table in Simulation(seed=seed, events=events).events())
    assert events * 0.98 <= count <= events


def test_many_events_come_in_blocks_that_fit_together() -> None:
    simulation = Simulation(events=310_000)
    parts = list(simulation.parts())
    events = pl.concat(part.events for part in parts)
    assert len(parts) == 2
    assert len(events) == pytest.approx(310_000, rel=0.02)
    assert events["event_id"].is_unique().all()
    assert pl.concat(part.reviews for part in parts)["review_id"].is_unique().all()
    shoppers = [set(part.events["user_id"].drop_nulls()) for part in parts]
    sessions = [set(part.events["session_id"].drop_nulls()) for part in parts]
    assert not shoppers[0] & shoppers[1]
    assert not sessions[0] & sessions[1]
    assert shoppers[0] | shoppers[1] <= set(simulation.users()["user_id"])
    assert simulation.users()["user_id"].is_unique().all()


def test_every_event_names_an_item_and_a_shopper_of_the_shop(simulation: Simulation, part: Part) -> None:
    items, users = set(simulation.items()["item_id"]), set(simulation.users()["user_id"])
    assert set(part.events["item_id"].drop_nulls()) <= items
    assert set(part.events["user_id"].drop_nulls()) <= users
    assert set(part.reviews["item_id"]) <= items
    assert set(part.reviews["user_id"]) <= users
    assert simulation.tastes()["user_id"].equals(simulation.users()["user_id"])


def test_the_days_end_where_they_were_told_to() -> None:
    end = END + 400 * DAY
    events = next(Simulation(events=5_000, end=end).events())
    assert events["timestamp"].is_between(end - DAYS * DAY, end - 1).all()
    assert events["timestamp"].is_sorted()
    assert events["timestamp"].max() > end - 2 * DAY  # type: ignore[operator]


def test_every_purchase_has_its_truth(part: Part) -> None:
    bought = part.events.filter(pl.col("event") == "purchase")
    keys = ["user_id", "item_id", "transaction_id"]
    assert_frame_equal(bought.select(keys), part.truth.select(keys))
    assert part.truth["satisfaction"].is_between(0, 1).all()


def test_everything_says_that_it_is_simulated(simulation: Simulation, part: Part) -> None:
    assert simulation.name == "Simulated shop"
    assert all(json.loads(one)["simulated"] is True for one in simulation.items()["attributes"])
    assert all(json.loads(one)["simulated"] is True for one in simulation.users()["attributes"].head(10))
    assert part.events["event_id"].str.starts_with("sim-").all()
    assert part.reviews["review_id"].str.starts_with("sim-").all()


def test_items_are_presentable(simulation: Simulation) -> None:
    items = simulation.items()
    assert len(items) == 2_000
    assert items["title"].is_unique().all()
    assert items["category"].n_unique() >= 40
    assert (items["price"] % 10_000 == 0).all()
    assert items["price"].is_between(500_000, 600_000_000).all()
    assert not items.select(pl.all().exclude("image_url", "item_group_id")).null_count().sum_horizontal().item()
    assert (items.filter("hidden")["stock"] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed -1 is negative; take 0 or more"),
        ({"events": 99}, "99 simulated events are too few; ask for 100 or more"),
        ({"end": 0}, "begins before 2000; let it end later"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Simulation(**arguments)


def test_the_satisfaction_of_pairs_is_that_of_purchases_without_luck(simulation: Simulation) -> None:
    truth = simulation.truth()
    users = truth[USER_ID].str.strip_prefix("shopper-").cast(pl.Int32).to_numpy()
    items = truth[ITEM_ID].str.strip_prefix("sim-").cast(pl.Int32).to_numpy()

    expected = simulation.satisfaction(users, items)

    assert np.isfinite(expected).all()
    assert np.corrcoef(expected, truth["satisfaction"].to_numpy())[0, 1] > 0.8
