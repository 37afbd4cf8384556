import numpy as np
import polars as pl
import pytest

from aisle.shop.columns import TIMESTAMP
from aisle.simulator.simulation import DAYS, END, Part, Simulation
from aisle.simulator.world import World, make_world

SEED = 5


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return Simulation(seed=SEED, events=100_000)


@pytest.fixture(scope="session")
def part(simulation: Simulation) -> Part:
    (only,) = simulation.parts()
    return only


@pytest.fixture(scope="session")
def world() -> World:
    return make_world(SEED, END, DAYS)


@pytest.fixture(scope="session")
def happenings(part: Part, world: World) -> pl.DataFrame:
    """Return the events with the numbers of the items (-1 for none), and the days and leaves they belong to."""
    day = world.calendar.day_of(part.events[TIMESTAMP].to_numpy())
    number = part.events["item_id"].str.strip_prefix("sim-").cast(pl.Int32).fill_null(-1).to_numpy()
    leaf = np.where(number >= 0, world.catalogue.leaf[number], -1)
    return part.events.with_columns(pl.Series("day", day), pl.Series("number", number), pl.Series("leaf", leaf))
