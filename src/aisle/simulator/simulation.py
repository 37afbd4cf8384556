"""The simulated shop: its tables, drawn one block of shoppers after another, so that any number of events fits."""

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.columns import EVENT
from aisle.shop.errors import SettingsError
from aisle.shop.events import EARLIEST, EventKind
from aisle.shop.moments import DAY
from aisle.simulator.block import simulate
from aisle.simulator.catalogue import ITEMS
from aisle.simulator.item_texts import items_table
from aisle.simulator.reviews import reviews_table
from aisle.simulator.shoppers import Shoppers, draw_shoppers, satisfaction
from aisle.simulator.tables import events_table, named, tastes_table, truth_table, users_table
from aisle.simulator.vocabulary import SHOP_NAME
from aisle.simulator.world import World, make_world

DAYS: Final = 120
"""How many days a simulation has."""

END: Final = 1_772_323_200_000_000
"""2026-03-01 UTC, the end of a simulation unless another is given."""

FEWEST_EVENTS: Final = 100
FEWEST_ITEMS: Final = 1_000
MOST_ITEMS: Final = 1_000_000

_BLOCK: Final = 300_000
_EVENTS_PER_SHOPPER: Final = 37.5


class Part(NamedTuple):
    """The tables of one block of shoppers: `events` and `reviews` as in `shop.columns`, and the `truth` behind them."""

    events: pl.DataFrame
    reviews: pl.DataFrame
    truth: pl.DataFrame


class _Block(NamedTuple):
    """Some shoppers, how many come before them (`first`), and how many events they shall have."""

    tag: str
    first: int
    shoppers: Shoppers
    events: int
    rng: Generator


class Simulation:
    """A simulated online shop whose shoppers have known tastes. Nothing in it is real, and its data says so.

    For 120 days, shoppers search, view, fill carts, buy, send back, rate and write reviews. Their choices depend on
    latent tastes, prices, seasons and fashion. Their satisfaction with a purchase depends on traits that they cannot
    see before; ratings, refunds and reviews follow it, with noise. Equal arguments give equal tables.

    Parameters
    ----------
    seed
        0 or more; another seed is another shop, with its own catalogue and shoppers.
    events
        How many events; there may be fewer, by up to one session in 300,000. There is one shopper for 37.5 events.
    end
        The moment after the last day, in microseconds since 1970.
    items
        How many items, 1,000 to 1,000,000.

    Raises
    ------
    SettingsError
        If the seed is negative, there are fewer than 100 events or another number of items, or the days lie before
        2000.
    """

    name: Final = SHOP_NAME

    def __init__(self, seed: int = 1, events: int = 300_000, end: int = END, items: int = ITEMS) -> None:
        if seed < 0:
            raise SettingsError(f"seed {seed} is negative; take 0 or more")
        if events < FEWEST_EVENTS:
            raise SettingsError(f"{events} simulated events are too few; take {FEWEST_EVENTS} or more")
        if not FEWEST_ITEMS <= items <= MOST_ITEMS:
            raise SettingsError(f"{items} simulated items cannot be made; take {FEWEST_ITEMS} to {MOST_ITEMS}")
        if end - DAYS * DAY < EARLIEST:
            raise SettingsError(f"a simulation of {DAYS} days that ends at {end} begins before 2000; let it end later")
        self.seed = seed
        self.count = events
        self.end = end
        self.items_count = items

    @property
    def shoppers(self) -> int:
        """The number of shoppers, with those who never come."""
        return max(10, round(self.count / _EVENTS_PER_SHOPPER))

    def items(self) -> pl.DataFrame:
        """Return the catalogue with the columns of `shop.columns.ITEMS`."""
        return items_table(np.random.default_rng([self.seed, 1]), self._world.catalogue, self._world.calendar)

    def users(self) -> pl.DataFrame:
        """Return all shoppers with the columns of `shop.columns.USERS`."""
        return pl.concat(users_table(block.shoppers, block.first) for block in self._blocks())

    def tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield everything that a shop would know, each table beside its name; the truth behind it is not among it."""
        yield "items", self.items()
        yield "users", self.users()
        for part in self.parts():
            yield "events", part.events
            yield "reviews", part.reviews

    def tastes(self) -> pl.DataFrame:
        """Return the true tastes of all shoppers: axes of style, thrift, and the favourite category."""
        return pl.concat(tastes_table(block.shoppers, block.first) for block in self._blocks())

    def events(self) -> Iterator[pl.DataFrame]:
        """Yield events with the columns of `shop.columns.EVENTS`, about 300,000 at a time, each table in time order."""
        return (part.events for part in self.parts())

    def reviews(self) -> pl.DataFrame:
        """Return the reviews with the columns of `shop.columns.REVIEWS`; a few have no stars."""
        return pl.concat(part.reviews for part in self.parts())

    def truth(self) -> pl.DataFrame:
        """Return the true satisfaction with each purchase, from 0 to 1, with its user, item, order and moment."""
        return pl.concat(part.truth for part in self.parts())

    def satisfaction(self, users: NDArray[np.int32], items: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return how satisfied shoppers would be with items, without luck, from 0 to 1, (pairs,).

        Parameters
        ----------
        users
            The numbers of `shopper-N`, from 1, (pairs,).
        items
            The numbers of `sim-N`, from 0, (pairs,).
        """
        values = np.full(len(users), np.nan, np.float32)
        for block in self._blocks():
            own = users - 1 - block.first
            inside = (own >= 0) & (own < len(block.shoppers))
            values[inside] = satisfaction(block.shoppers, self._world.catalogue, own[inside], items[inside], 0.0)
        return values

    def parts(self) -> Iterator[Part]:
        """Yield the tables of one block of shoppers after another."""
        for block in self._blocks():
            lines = simulate(block.rng, self._world, block.shoppers, block.events)
            rows = named(lines, block.tag, block.first)
            rated = (rows[EVENT] == EventKind.RATE.value).to_numpy()
            reviews = reviews_table(block.rng, self._world.catalogue, lines.take(rated), rows.filter(rated), block.tag)
            yield Part(events_table(rows, block.tag), reviews, truth_table(rows))

    @cached_property
    def _world(self) -> World:
        return make_world(self.seed, self.end, DAYS, self.items_count)

    def _blocks(self) -> Iterator[_Block]:
        """Yield the blocks of shoppers, each with its own random numbers."""
        mark = blake2b(f"{self.seed} {self.count} {self.end} {self.items_count}".encode(), digest_size=4).hexdigest()
        blocks = -(-self.count // _BLOCK)
        for number in range(blocks):
            first, last = (self.shoppers * edge // blocks for edge in (number, number + 1))
            start, stop = (self.count * edge // blocks for edge in (number, number + 1))
            rng = np.random.default_rng([self.seed, 2, number])
            shoppers = draw_shoppers(rng, self._world.personas, self._world.catalogue, last - first, DAYS)
            yield _Block(f"{mark}{number:03x}", first, shoppers, stop - start, rng)
