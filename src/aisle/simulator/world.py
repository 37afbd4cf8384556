"""What all blocks of a simulation share: the calendar, the catalogue and the personas."""

from dataclasses import dataclass

import numpy as np

from aisle.simulator.catalogue import ITEMS, Catalogue, make_catalogue
from aisle.simulator.seasons import Calendar, make_calendar
from aisle.simulator.shoppers import Personas, make_personas


@dataclass(frozen=True, eq=False)
class World:
    """The shop without its shoppers."""

    calendar: Calendar
    catalogue: Catalogue
    personas: Personas


def make_world(seed: int, end: int, days: int, items: int = ITEMS) -> World:
    """Draw a world; equal arguments give an equal one."""
    rng = np.random.default_rng([seed, 0])
    calendar = make_calendar(end, days)
    return World(calendar, make_catalogue(rng, calendar, items), make_personas(rng))
