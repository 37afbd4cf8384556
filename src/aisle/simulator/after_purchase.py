"""Refunds and ratings of the simulated shop: both follow the true satisfaction with a purchase, with noise."""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.events import EventKind
from aisle.shop.moments import DAY
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers, logistic
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

_CONSUMABLE_REFUNDS: Final = 0.25
"""How likely a consumable is sent back, as a share of how likely another item would be."""
_RATES: Final = 0.3
_CONSUMABLE: Final = np.array([leaf.interval > 0 for leaf in LEAVES])


def refunds(rng: Generator, world: World, purchases: Lines) -> Lines:
    """Return the refunds of purchases, 3 to 14 days later and at the price paid."""
    chance = logistic(1.2 - 6 * purchases.satisfaction)
    chance = np.where(_CONSUMABLE[world.catalogue.leaf[purchases.item]], _CONSUMABLE_REFUNDS * chance, chance)
    returned = purchases.take(rng.random(len(purchases)) < chance)
    return returned.followed_by(EventKind.REFUND, _later(rng, returned, 3, 14))


def ratings(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines) -> Lines:
    """Return the ratings, 1 to 5 stars, that some shoppers give to a first purchase, 2 to 20 days later."""
    pair = purchases.user.astype(np.int64) * len(world.catalogue) + purchases.item
    in_time = np.argsort(purchases.moment, kind="stable")
    firsts = purchases.take(in_time[np.unique(pair[in_time], return_index=True)[1]])
    # Delighted shoppers rate more often than indifferent ones, and disappointed shoppers even more often.
    emotion = np.abs(firsts.satisfaction - 0.65)
    rated = firsts.take(rng.random(len(firsts)) < _RATES + 0.4 * emotion)
    stars = 1 + 4 * rated.satisfaction - shoppers.strictness[rated.user] + rng.normal(0, 0.5, len(rated))
    return rated.followed_by(
        EventKind.RATE,
        _later(rng, rated, 2, 20),
        rating=np.clip(np.rint(stars), 1, 5).astype(np.float32),
        quantity=np.full(len(rated), NONE, np.int32),
        price=np.full(len(rated), NONE, np.int64),
    )


def _later(rng: Generator, lines: Lines, soonest: int, latest: int) -> NDArray[np.int64]:
    return lines.moment + rng.integers(soonest * DAY, latest * DAY, len(lines))
