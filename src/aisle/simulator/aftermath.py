"""What follows a purchase in the simulated shop: refunds and ratings, both after the true satisfaction, with noise."""

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

_EVEN_IF_OPENED: Final = 0.25
"""Of those who would send a thing back, the part that does so where it is something to use up."""
_RATES: Final = 0.3
_CONSUMABLE: Final = np.array([leaf.interval > 0 for leaf in LEAVES])


def refunds(rng: Generator, world: World, purchases: Lines) -> Lines:
    """Return the purchases sent back, 3 to 14 days later and at the price paid."""
    chance = logistic(1.2 - 6 * purchases.satisfaction)
    chance = np.where(_CONSUMABLE[world.catalogue.leaf[purchases.item]], _EVEN_IF_OPENED * chance, chance)
    back = purchases.take(rng.random(len(purchases)) < chance)
    return back.becoming(EventKind.REFUND, _later(rng, back, 3, 14))


def ratings(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines) -> Lines:
    """Return the stars, 1 to 5, that some shoppers give to what they bought for the first time, 2 to 20 days later."""
    pair = purchases.user.astype(np.int64) * len(world.catalogue) + purchases.item
    in_time = np.argsort(purchases.moment, kind="stable")
    firsts = purchases.take(in_time[np.unique(pair[in_time], return_index=True)[1]])
    # People speak up when they are delighted, and more so when they are not.
    moved = np.abs(firsts.satisfaction - 0.65)
    given = firsts.take(rng.random(len(firsts)) < _RATES + 0.4 * moved)
    felt = 1 + 4 * given.satisfaction - shoppers.strictness[given.user] + rng.normal(0, 0.5, len(given))
    return given.becoming(
        EventKind.RATE,
        _later(rng, given, 2, 20),
        rating=np.clip(np.rint(felt), 1, 5).astype(np.float32),
        quantity=np.full(len(given), NONE, np.int32),
        price=np.full(len(given), NONE, np.int64),
    )


def _later(rng: Generator, lines: Lines, soonest: int, latest: int) -> NDArray[np.int64]:
    return lines.moment + rng.integers(soonest * DAY, latest * DAY, len(lines))
