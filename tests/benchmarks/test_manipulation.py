import numpy as np
import polars as pl
import pytest

from aisle.shop.moments import DAY
from aisle.simulator.simulation import Simulation
from benchmarks.manipulation import ATTACKS, K, Shop, measure

NONE, ANONYMOUS, BOT, FAKE, ADDRESS, PATIENT = ATTACKS


@pytest.fixture(scope="module")
def shop() -> Shop:
    simulation = Simulation(5, 50_000)
    return Shop.of(pl.concat(simulation.events()), simulation.items())


def test_scripts_get_an_item_onto_no_shelf(shop: Shop) -> None:
    rows = {row["attack"]: row for row in measure(shop, (NONE, ANONYMOUS, BOT, ADDRESS), "als")}
    assert rows[NONE]["gain"] == 0
    for attack in (ANONYMOUS, BOT, ADDRESS):
        assert float(rows[attack]["gain"]) <= 1
        assert int(rows[attack]["rank for newcomers"]) > K


def test_the_attacks_are_as_large_as_they_say(shop: Shop) -> None:
    made = {name: list(attack(shop, np.random.default_rng(1))) for name, attack in ATTACKS.items()}
    fakes = {event["user_id"] for event in made[FAKE]}
    shoppers = shop.events["user_id"].drop_nulls().n_unique()
    assert [len(made[name]) for name in (NONE, ANONYMOUS, BOT, ADDRESS, PATIENT)] == [0, 900, 10_000, 900, 900]
    assert len(fakes) == round(0.01 * shoppers)
    quick = [event["timestamp"] for name in made if name != PATIENT for event in made[name]]
    assert all(shop.now - 7 * DAY <= moment < shop.now for moment in quick)
    assert {event["item_id"] for event in made[ANONYMOUS]} == {shop.target}
