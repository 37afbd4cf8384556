from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from aisle.simulator.shoppers import Shoppers, draw_shoppers, liking, logistic, satisfaction
from aisle.simulator.simulation import Part, Simulation
from aisle.simulator.world import World
from tests.simulator.kinds import BOUGHT, VIEWED


@pytest.fixture
def shoppers(world: World) -> Shoppers:
    return draw_shoppers(np.random.default_rng(0), world.personas, world.catalogue, 500, world.calendar.days)


def test_tastes_have_unit_variance_and_activity_sums_to_one(shoppers: Shoppers) -> None:
    assert shoppers.style.var() == pytest.approx(1, abs=0.4)
    assert shoppers.activity.sum() == pytest.approx(1)
    assert (shoppers.thrift > 0).all()


def test_satisfaction_of_the_indifferent_depends_on_quality_and_luck_alone(shoppers: Shoppers, world: World) -> None:
    indifferent = replace(shoppers, style=np.zeros_like(shoppers.style), experience=np.zeros_like(shoppers.experience))
    items = np.array([3, 4], np.int32)
    quality = world.catalogue.aspects[items].sum(axis=1)
    outcome = satisfaction(
        indifferent, world.catalogue, np.array([0, 1], np.int32), items, np.array([0, -1], np.float32)
    )
    np.testing.assert_allclose(outcome, logistic(0.8 + 0.45 * quality - np.array([0, 1])), rtol=1e-5)


def test_a_discount_is_liked_by_the_thrifty(shoppers: Shoppers, world: World) -> None:
    day, item = np.argwhere(
        world.catalogue.discount(np.arange(len(world.catalogue)), np.arange(world.calendar.days)[:, None]) > 0
    )[0]
    plain = replace(world.catalogue, depth=np.zeros_like(world.catalogue.depth))
    leaf = int(world.catalogue.leaf[item])
    items = np.arange(world.catalogue.start[leaf], world.catalogue.start[leaf + 1])[None]
    place = item - world.catalogue.start[leaf]
    users = np.array([int(shoppers.thrift.argmin()), int(shoppers.thrift.argmax())], np.int32)
    days = np.full(2, day, np.int32)
    gain = liking(shoppers, world.catalogue, users, days, items) - liking(shoppers, plain, users, days, items)
    assert gain[1, place] > gain[0, place] > 0


def test_logistic_is_a_probability() -> None:
    np.testing.assert_allclose(logistic(np.array([-np.log(3), 0, np.log(3)])), [0.25, 0.5, 0.75])


def test_activity_is_heavy_tailed(part: Part) -> None:
    counts = np.sort(part.events["user_id"].drop_nulls().value_counts()["count"].to_numpy())[::-1]
    tenth = len(counts) // 10
    assert 0.3 < counts[:tenth].sum() / counts.sum() < 0.7


def test_thrifty_shoppers_buy_cheaper(simulation: Simulation, happenings: pl.DataFrame, world: World) -> None:
    bought = happenings.filter(BOUGHT).join(simulation.tastes(), on="user_id")
    level = world.catalogue.level[bought["number"].to_numpy()]
    thrift = bought["thrift"].to_numpy()
    low, high = np.quantile(thrift, [1 / 3, 2 / 3])
    assert level[thrift > high].mean() < level[thrift < low].mean() - 0.4


def test_shoppers_look_at_what_is_of_their_style(
    simulation: Simulation, happenings: pl.DataFrame, world: World
) -> None:
    viewed = happenings.filter(VIEWED).join(simulation.tastes(), on="user_id")
    modern = world.catalogue.style[viewed["number"].to_numpy(), 0]
    assert np.corrcoef(modern, viewed["classic_modern"])[0, 1] > 0.25
