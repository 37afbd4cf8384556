"""What a shopper makes of a shelf: which of its items are looked at, clicked and bought, by a taste that is known.

A shopper looks at a place with a chance that falls with its position, and clicks what is looked at with a chance that
depends on the same taste as all that shoppers of `aisle.simulator` view by themselves. What they own is not wanted
again, unless it is used up, and what they have looked at several times without a click wears out.

The constants are assumptions, not measured on a real shop. They were chosen before the first comparison of strategies,
and are not to be changed for the sake of one.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.simulator.baskets import cart_chance
from aisle.simulator.shoppers import Shoppers, liking, logistic
from aisle.simulator.visits import NOUN_PULL
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

EXAMINED: Final = 0.7
"""The place at position k, from 1, is looked at with the chance k ** -EXAMINED. An assumption: a row of pictures is
taken in more evenly than a list of search results."""
MOST_CLICKS: Final = 0.3
"""The chance of a click on an item that is looked at and could not suit better. An assumption."""
CLICK: Final = -6.2
"""Logit of a click on an item that shoppers choose as often as the average one. An assumption: a shelf of
bestsellers is clicked in one visit in ten then, and an item on it in one of ninety."""
INTENT: Final = 1.5
"""How much more a visitor likes, in logits, what is of the kind that the visit is about."""
WORN: Final = 0.85
"""By which a look without a click multiplies the chance of the next click: half of it is left after four. How much is
an assumption; exponential decay is one of the forms that Lee, Lakshmanan, Tiwari and Shah fit to such looks (2014:
Modeling Impression Discounting in Large-scale Recommender Systems)."""
FRESH_AGAIN_DAYS: Final = 7.0
"""After how many days half of the wear is forgotten."""
NEVER_BOUGHT: Final = -1

_INTERVALS: Final = np.array([leaf.interval for leaf in LEAVES], np.float64)


class Visit(NamedTuple):
    """Who visits the shop on which day, and what for: a leaf category and a kind of item in it."""

    user: int
    day: int
    leaf: int
    noun: int


@dataclass(frozen=True, eq=False)
class Memory:
    """What shoppers remember, (shoppers, items).

    Attributes
    ----------
    bought
        The day of the last purchase, `NEVER_BOUGHT` without one, int16.
    looks
        Looks without a click, fading, float32.
    """

    bought: NDArray[np.int16]
    looks: NDArray[np.float32]

    @classmethod
    def blank(cls, shoppers: int, items: int) -> "Memory":
        """Return the memory of shoppers to whom nothing has happened yet."""
        return cls(np.full((shoppers, items), NEVER_BOUGHT, np.int16), np.zeros((shoppers, items), np.float32))

    def sleep(self) -> None:
        """Let a night pass."""
        np.multiply(self.looks, np.float32(0.5 ** (1 / FRESH_AGAIN_DAYS)), out=self.looks)


@dataclass(frozen=True, eq=False)
class Mind:
    """What a visitor thinks of every item during a visit, and the dice that decide: equal visits decide equally.

    Attributes
    ----------
    click
        The chance of a click on each item that is looked at, (items,).
    value
        What a click on each item is worth on average, in micros, (items,).
    price
        Micros, (items,).
    cart, order
        The chance that an item that is clicked is put into the cart, (items,), and that a cart is bought.
    dice
        Uniform on 0 … 1 for clicks and carts, (2, items): an item is judged once in a visit, wherever it stands.
    order_die
        As `dice`, for the order.
    """

    click: NDArray[np.float64]
    value: NDArray[np.float64]
    price: NDArray[np.int64]
    cart: NDArray[np.float64]
    order: float
    dice: NDArray[np.float64]
    order_die: float
    seen: set[int] = field(default_factory=set)
    clicked: set[int] = field(default_factory=set)

    def expected(self, shelf: NDArray[np.integer]) -> float:
        """Return what a shelf earns on average when it is shown first, in micros."""
        return float((examination(len(shelf)) * self.click[shelf] * self.value[shelf]).sum())

    def expected_clicks(self, shelf: NDArray[np.integer]) -> float:
        """Return how many clicks a shelf gets on average when it is shown first."""
        return float((examination(len(shelf)) * self.click[shelf]).sum())

    def best(self, n: int) -> NDArray[np.int64]:
        """Return the n items of the shelf that earns most on average: the oracle's."""
        return np.argsort(-self.click * self.value, kind="stable")[:n]

    def clicks_on(self, shelf: NDArray[np.integer], rng: Generator) -> list[int]:
        """Look at a shelf, and return the places that are clicked, from 0; nothing is clicked twice in a visit."""
        looked_at = np.flatnonzero(rng.random(len(shelf)) < examination(len(shelf)))
        self.seen.update(shelf[looked_at].tolist())
        places = [
            place
            for place, item in zip(looked_at.tolist(), shelf[looked_at].tolist(), strict=True)
            if item not in self.clicked and self.dice[0, item] < self.click[item]
        ]
        self.clicked.update(shelf[places].tolist())
        return places

    def takes(self, item: int) -> bool:
        """Return whether an item that was clicked is put into the cart."""
        return bool(self.dice[1, item] < self.cart[item])

    def orders(self) -> bool:
        """Return whether the cart of this visit is bought."""
        return self.order_die < self.order


def examination(places: int) -> NDArray[np.float64]:
    """Return the chance that each of so many places is looked at, (places,)."""
    return np.power(np.arange(1, places + 1), -EXAMINED, dtype=np.float64)


def judge(world: World, shoppers: Shoppers, memory: Memory, visit: Visit, rng: Generator, *, known: bool) -> Mind:
    """Return the mind of a visitor.

    Parameters
    ----------
    rng
        Gives the dice of the visit.
    known
        Whether the visitor is signed in; nobody else orders.
    """
    catalogue = world.catalogue
    items = np.arange(len(catalogue), dtype=np.int32)
    day = np.array([visit.day], np.int32)
    liked = liking(shoppers, catalogue, np.array([visit.user], np.int32), day, items[None])[0].astype(np.float64)
    leaves = (shoppers.leaves[visit.user] + world.calendar.leaves[visit.day]).astype(np.float64)
    taste = liked + catalogue.draw(items, day) + (leaves - np.log(np.exp(leaves).mean()))[catalogue.leaf]
    in_leaf = catalogue.leaf == visit.leaf
    taste += in_leaf * (INTENT + NOUN_PULL * (catalogue.noun == visit.noun))
    wanted = still_wanted(world, memory.bought[visit.user], visit.day) * WORN ** memory.looks[visit.user]
    click = np.where(catalogue.for_sale(items, day), MOST_CLICKS * logistic(CLICK + taste) * wanted, 0.0)
    price = catalogue.price_at(items, np.full(len(items), visit.day, np.int32))
    cart, order = cart_chance(liked), float(logistic(shoppers.resolve[visit.user])) if known else 0.0
    return Mind(click, cart * order * price, price, cart, order, rng.random((2, len(items))), rng.random())


def still_wanted(world: World, bought: NDArray[np.int16], day: int) -> NDArray[np.float64]:
    """Return how much of the wish for each item is left after the last purchase: none, or as much as is used up."""
    interval = _INTERVALS[world.catalogue.leaf]
    used_up = np.clip((day - bought) / np.maximum(interval, 1), 0, 1) * (interval > 0)
    return np.where(bought == NEVER_BOUGHT, 1.0, used_up)
