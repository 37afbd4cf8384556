"""What shoppers make of a shelf."""

from dataclasses import replace

import numpy as np
import pytest

from aisle.simulator.judging import WORN, Memory, Mind, Visit, examination, judge, still_wanted
from aisle.simulator.shoppers import Shoppers, draw_shoppers
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

INTERVALS = np.array([leaf.interval for leaf in LEAVES])
DAY = 60


@pytest.fixture(scope="module")
def shoppers(world: World) -> Shoppers:
    return draw_shoppers(np.random.default_rng(0), world.personas, world.catalogue, 20, world.calendar.days)


@pytest.fixture
def memory(world: World) -> Memory:
    return Memory.blank(20, len(world.catalogue))


def mind_of(
    world: World, shoppers: Shoppers, memory: Memory, visit: Visit, seed: int = 0, *, known: bool = True
) -> Mind:
    return judge(world, shoppers, memory, visit, np.random.default_rng(seed), known=known)


def test_places_are_looked_at_the_less_the_further_down_they_are() -> None:
    chance = examination(10)
    assert chance[0] == 1
    assert (np.diff(chance) < 0).all()


def test_equal_visits_decide_equally(world: World, shoppers: Shoppers, memory: Memory) -> None:
    visit, shelf = Visit(3, DAY, 5, 1), np.arange(10)
    first, second = (mind_of(world, shoppers, memory, visit) for _ in range(2))
    np.testing.assert_array_equal(first.dice, second.dice)
    assert first.clicks_on(shelf, np.random.default_rng(1)) == second.clicks_on(shelf, np.random.default_rng(1))


def test_clicks_come_as_often_as_they_are_expected(world: World, shoppers: Shoppers, memory: Memory) -> None:
    visit = Visit(3, DAY, 5, 1)
    shelf = mind_of(world, shoppers, memory, visit).best(10)
    clicks, expected = [], 0.0
    for seed in range(3_000):
        mind = mind_of(world, shoppers, memory, visit, seed)
        expected = mind.expected_clicks(shelf)
        clicks.append(len(mind.clicks_on(shelf, np.random.default_rng([seed, 1]))))
    assert np.mean(clicks) == pytest.approx(expected, abs=4 * np.std(clicks) / len(clicks) ** 0.5)


def test_nothing_is_clicked_twice_in_a_visit(world: World, shoppers: Shoppers, memory: Memory) -> None:
    for seed in range(50):
        mind, rng = mind_of(world, shoppers, memory, Visit(3, DAY, 5, 1), seed), np.random.default_rng(seed)
        shelf = mind.best(10)
        first, again = (set(shelf[mind.clicks_on(shelf, rng)].tolist()) for _ in range(2))
        assert not first & again


def test_what_the_visit_is_about_is_liked_more(world: World, shoppers: Shoppers, memory: Memory) -> None:
    about, other = (mind_of(world, shoppers, memory, Visit(3, DAY, leaf, 1)).click for leaf in (5, 6))
    inside = (world.catalogue.leaf == 5) & (about > 0)
    assert (about[inside] > other[inside]).all()


def test_no_shelf_earns_more_than_the_best(world: World, shoppers: Shoppers, memory: Memory) -> None:
    mind, rng = mind_of(world, shoppers, memory, Visit(3, DAY, 5, 1)), np.random.default_rng(0)
    best = mind.expected(mind.best(10))
    assert all(mind.expected(rng.choice(len(mind.click), 10, replace=False)) <= best for _ in range(100))


def test_who_is_not_signed_in_buys_nothing(world: World, shoppers: Shoppers, memory: Memory) -> None:
    mind = mind_of(world, shoppers, memory, Visit(3, DAY, 5, 1), known=False)
    assert not mind.orders()
    assert mind.value.sum() == 0 < mind.click.sum()


def test_what_is_owned_is_wanted_again_as_it_is_used_up(world: World) -> None:
    interval = INTERVALS[world.catalogue.leaf]
    bought = np.full(len(world.catalogue), DAY, np.int16)
    assert (still_wanted(world, bought, DAY) == 0).all()
    later = still_wanted(world, bought, DAY + 10)
    np.testing.assert_allclose(later, np.where(interval > 0, 10 / np.maximum(interval, 1), 0))
    assert (still_wanted(world, np.full(len(bought), -1, np.int16), DAY) == 1).all()


def test_looks_without_a_click_wear_out_and_are_forgotten(world: World, shoppers: Shoppers, memory: Memory) -> None:
    visit = Visit(3, DAY, 5, 1)
    fresh = mind_of(world, shoppers, memory, visit).click
    memory.looks[3] = 4
    np.testing.assert_allclose(mind_of(world, shoppers, memory, visit).click, fresh * WORN**4, rtol=1e-6)
    for _ in range(7):
        memory.sleep()
    np.testing.assert_allclose(memory.looks[3], 2, rtol=1e-5)


def test_what_is_not_for_sale_is_not_clicked(world: World, shoppers: Shoppers, memory: Memory) -> None:
    gone = replace(world, catalogue=replace(world.catalogue, sold_out=np.full(len(world.catalogue), DAY)))
    assert mind_of(gone, shoppers, memory, Visit(3, DAY, 5, 1)).click.sum() == 0
