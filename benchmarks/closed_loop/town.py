"""The shop and its visitors, the same for every policy: who comes when, for what, and what they do without the shelf.

The constants were chosen before the first comparison:

- Four thousand shoppers come 350 times a day, so that one comes about every eleven days on average, heavy-tailed: the
  customers of Online Retail order every six weeks, and some visits in ten end in an order.
- In `BROWSING` of the visits the shopper also searches and browses, as in `aisle.simulator`; shops report that one
  visitor in two goes no further than the page they came to.
- A new item is at the end of every list, which is sorted by sales: whoever browses meets it more often from day to
  day, and like any other after `UNKNOWN_DAYS`. The shelf may show it from its first day.
- A tenth of the items comes new in the 120 days, one in seven visits is of somebody who is not signed in, and a third
  of the shoppers is new in these days (`aisle.simulator`).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.shop.columns import ITEM_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY
from aisle.simulator.after_purchase import ratings, refunds
from aisle.simulator.block import visits
from aisle.simulator.catalogue import NEVER
from aisle.simulator.item_texts import items_table
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers, draw_shoppers
from aisle.simulator.simulation import END
from aisle.simulator.tables import events_table, item_ids, named, users_table
from aisle.simulator.visits import Sessions, plan_sessions
from aisle.simulator.world import World, make_world

SEED: Final = 1717
ITEMS: Final = 1_000
SHOPPERS: Final = 4_000
VISITS_A_DAY: Final = 350
DAYS_BEFORE: Final = 60
"""For how long the shop has sold without shelves: what the first model learns from."""
BROWSING: Final = 0.4
UNKNOWN_DAYS: Final = 30

TAG: Final = "town"
"""What the ids of the sessions and orders contain that happen without the shelf."""


@dataclass(frozen=True)
class Size:
    """How large a town is, and for how many days its shelf is watched."""

    days: int
    items: int = ITEMS
    shoppers: int = SHOPPERS
    visits_a_day: int = VISITS_A_DAY
    days_before: int = DAYS_BEFORE


@dataclass(frozen=True, eq=False)
class Town:
    """A shop before the first day of its shelf, and all that comes to it afterwards, whatever the shelf shows.

    Attributes
    ----------
    sessions
        The visits; number `v` is the visit of `lines` whose session is `v`.
    lines
        What visitors do without the shelf, in time order; sessions behind those of `sessions` are orders of what is
        used up.
    """

    size: Size
    world: World
    shoppers: Shoppers
    sessions: Sessions
    lines: Lines

    @property
    def opening(self) -> int:
        """The moment when the shelf is first shown."""
        return self.world.calendar.start + self.size.days_before * DAY

    @property
    def item_ids(self) -> list[str]:
        """The ids of the items by number."""
        return pl.select(item_ids(pl.int_range(self.size.items))).to_series().alias(ITEM_ID).to_list()

    def visits_on(self, day: int) -> NDArray[np.int64]:
        """Return the visits of a day of the calendar, in order."""
        start = self.world.calendar.start + day * DAY
        of_day = np.flatnonzero((self.sessions.start >= start) & (self.sessions.start < start + DAY))
        return of_day[np.argsort(self.sessions.start[of_day], kind="stable")]

    def lines_on(self, day: int) -> Lines:
        """Return what is done without the shelf on a day of the calendar, in order."""
        return self.lines.take(self.world.calendar.day_of(self.lines.moment) == day)

    def items_table(self) -> pl.DataFrame:
        """Return the catalogue; what is new later has its day in `available_from`."""
        return items_table(np.random.default_rng([SEED, 1]), self.world.catalogue, self.world.calendar)

    def users_table(self) -> pl.DataFrame:
        """Return the shoppers."""
        return users_table(self.shoppers, 0)

    def past(self) -> pl.DataFrame:
        """Return the events before the opening."""
        return events_table(named(self.lines.take(self.lines.moment < self.opening), TAG, 0), TAG)


def build(size: Size) -> Town:
    """Draw a town; equal sizes give equal ones."""
    days = size.days_before + size.days
    world = make_world(SEED, END, days, size.items)
    # Everything stays for sale to the end, so that the catalogue of the first day is right on every day.
    kept = replace(
        world.catalogue,
        sold_out=np.full(size.items, NEVER),
        stock=np.maximum(world.catalogue.stock, 1),
        depth=np.zeros(size.items, np.float32),
    )
    world = replace(world, catalogue=kept)
    rng = np.random.default_rng([SEED, 2])
    shoppers = draw_shoppers(rng, world.personas, kept, size.shoppers, days)
    sessions = plan_sessions(rng, world, shoppers, size.visits_a_day * days)
    lines = visits(rng, world, shoppers, sessions)
    lines = lines.take(_happening(rng, world, lines))
    purchases = lines.of_kind(EventKind.PURCHASE)
    lines = Lines.join([lines, refunds(rng, world, purchases), ratings(rng, world, shoppers, purchases)])
    lines = lines.take(lines.moment < world.calendar.end)
    return Town(size, world, shoppers, sessions, lines.take(np.argsort(lines.moment, kind="stable")))


def _happening(rng: np.random.Generator, world: World, lines: Lines) -> NDArray[np.bool_]:
    """Return which events happen, (events,): those of visitors who browse, about items that they can find."""
    last = int(lines.session.max()) + 1
    browsing = rng.random(last) < BROWSING
    pairs, places = np.unique(lines.session.astype(np.int64) * len(world.catalogue) + lines.item, return_inverse=True)
    age = world.calendar.day_of(lines.moment) - world.catalogue.launch[lines.item]
    found = rng.random(len(pairs))[places] * UNKNOWN_DAYS < age + 1
    happening: NDArray[np.bool_] = browsing[lines.session] & (found | (lines.item == NONE))
    return happening
