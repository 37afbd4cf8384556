"""Everything that a block of shoppers does: the simulation, top to bottom."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.random import Generator

from aisle.shop.events import EventKind
from aisle.simulator.after_purchase import ratings, refunds
from aisle.simulator.baskets import check_out, fill_carts, reorder
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers
from aisle.simulator.visits import Sessions, browse, plan_sessions, searches
from aisle.simulator.world import World

_EVENTS_PER_SESSION: Final = 6.3
"""A little less than the average, so that enough sessions are planned."""


def simulate(rng: Generator, world: World, shoppers: Shoppers, events: int) -> Lines:
    """Return the events of some shoppers in time order: as many as wanted, or fewer by less than one session."""
    expected = events / _EVENTS_PER_SESSION
    sessions = plan_sessions(rng, world, shoppers, int(expected + 4 * np.sqrt(expected)) + 10)
    lines = visits(rng, world, shoppers, sessions)
    purchases = lines.of_kind(EventKind.PURCHASE)
    later = [refunds(rng, world, purchases), ratings(rng, world, shoppers, purchases)]
    lines = _until(Lines.join([lines, *later]), world.calendar.end)
    lines = _limited(rng, lines, events)
    return lines.take(np.argsort(lines.moment, kind="stable"))


def visits(rng: Generator, world: World, shoppers: Shoppers, sessions: Sessions) -> Lines:
    """Return the events of sessions, and of later ones, numbered after them, in which something is ordered again."""
    views, liked = browse(rng, world, shoppers, sessions)
    partner_views, carts = fill_carts(rng, world, sessions, views, liked)
    removals, purchases = check_out(rng, world, shoppers, sessions, carts)
    repeats = reorder(rng, world, shoppers, purchases, len(sessions))
    parts = [searches(rng, sessions), views, partner_views, carts, removals, purchases, repeats]
    return _priced(world, _until(Lines.join(parts), world.calendar.end))


def _until(lines: Lines, end: int) -> Lines:
    return lines.take(lines.moment < end)


def _priced(world: World, lines: Lines) -> Lines:
    """Return lines with the price of each item at its moment."""
    price = world.catalogue.price_at(lines.item, world.calendar.day_of(lines.moment))
    return replace(lines, price=np.where(lines.item == NONE, NONE, price))


def _limited(rng: Generator, lines: Lines, events: int) -> Lines:
    """Return random sessions, with their refunds and ratings, that have at most so many events together."""
    sizes = np.bincount(lines.session)
    order = rng.permutation(len(sizes))
    kept = np.zeros(len(sizes), np.bool_)
    kept[order] = np.cumsum(sizes[order]) <= events
    return lines.take(kept[lines.session])
