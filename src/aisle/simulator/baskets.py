"""Carts, orders and repeat orders of the simulated shop."""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, SECOND
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers, logistic, satisfaction
from aisle.simulator.visits import Sessions
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

_CART: Final = -1.75
_CART_LIKING: Final = 0.5
_TOGETHER: Final = 0.25
_REMOVED: Final = 0.12
_LUCK: Final = 0.7
_REORDERS: Final = 0.9
"""The chance that a perfectly satisfied shopper orders a consumable again."""
_INTERVALS: Final = np.array([leaf.interval for leaf in LEAVES])


def fill_carts(
    rng: Generator, world: World, sessions: Sessions, views: Lines, liked: NDArray[np.float32]
) -> tuple[Lines, Lines]:
    """Put items into carts.

    Returns
    -------
    Lines, Lines
        Views of items that others brought in because they go together, and everything put into a cart, each item once
        in a session.
    """
    taken = views.take(rng.random(len(views)) < logistic(_CART + _CART_LIKING * liked))
    partner = world.catalogue.partners[taken.item, rng.integers(0, 2, len(taken))].astype(np.int32)
    in_stock = world.catalogue.for_sale(partner, world.calendar.day_of(taken.moment))
    brings = (partner != NONE) & in_stock & (rng.random(len(taken)) < _TOGETHER)
    pace = sessions.pace[taken.session].astype(np.int64)
    own = taken.becoming(EventKind.ADD_TO_CART, taken.moment + pace // 5)
    seen = taken.take(brings)
    seen = seen.becoming(EventKind.VIEW_ITEM, seen.moment + pace[brings] * 2 // 5, item=partner[brings])
    added = seen.becoming(EventKind.ADD_TO_CART, seen.moment + pace[brings] // 5)
    carts = Lines.join([own, added])
    pair = carts.session.astype(np.int64) * len(world.catalogue) + carts.item
    carts = carts.take(np.unique(pair, return_index=True)[1])
    return seen, carts.becoming(EventKind.ADD_TO_CART, carts.moment, quantity=_quantities(rng, world, carts.item))


def check_out(
    rng: Generator, world: World, shoppers: Shoppers, sessions: Sessions, carts: Lines
) -> tuple[Lines, Lines]:
    """Return what is taken out of the carts, and what is bought: the lines of an order share one moment."""
    closing = sessions.views[carts.session]
    removed = rng.random(len(carts)) < _REMOVED
    taken_out = carts.becoming(EventKind.REMOVE_FROM_CART, sessions.after(carts.session, closing + 1)).take(removed)
    resolute = rng.random(len(sessions)) < logistic(shoppers.resolve[sessions.user])
    buys = (resolute & ~sessions.anonymous)[carts.session] & ~removed
    bought = carts.becoming(EventKind.PURCHASE, sessions.after(carts.session, closing + 1.5)).take(buys)
    return taken_out, _turn_out(rng, world, shoppers, bought)


def reorder(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines, first_session: int) -> Lines:
    """Return the repeat orders of what is used up, each in a short session of its own, numbered from `first_session`.

    The happier shoppers were, the likelier they come back, about one interval later.
    """
    orders: list[Lines] = []
    latest = purchases
    while len(latest):
        interval = _INTERVALS[world.catalogue.leaf[latest.item]] * rng.lognormal(0, 0.2, len(latest))
        back = latest.moment + (interval * DAY).astype(np.int64)
        comes = (interval > 0) & (rng.random(len(latest)) < _REORDERS * latest.satisfaction)
        rows = comes & (back < world.calendar.end) & world.catalogue.for_sale(latest.item, world.calendar.day_of(back))
        session = np.arange(first_session, first_session + np.count_nonzero(rows), dtype=np.int32)
        latest = latest.take(rows).becoming(EventKind.PURCHASE, back[rows], session=session)
        latest = _turn_out(rng, world, shoppers, latest)
        first_session += len(latest)
        orders += _short_visit(rng, latest)
    return Lines.join(orders)


def _short_visit(rng: Generator, purchases: Lines) -> list[Lines]:
    looked = purchases.moment - rng.integers(60 * SECOND, 240 * SECOND, len(purchases))
    return [
        purchases.becoming(EventKind.VIEW_ITEM, looked, quantity=np.full(len(purchases), NONE, np.int32)),
        purchases.becoming(EventKind.ADD_TO_CART, looked + 20 * SECOND),
        purchases,
    ]


def _quantities(rng: Generator, world: World, items: NDArray[np.int32]) -> NDArray[np.int32]:
    used_up = _INTERVALS[world.catalogue.leaf[items]] > 0
    several = np.where(used_up, rng.geometric(0.65, len(items)), 1 + (rng.random(len(items)) < 0.06))
    return several.astype(np.int32)


def _turn_out(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines) -> Lines:
    """Return purchases with how they satisfy: what is true of the pair, and the luck with this piece."""
    luck = rng.normal(0, _LUCK, len(purchases)).astype(np.float32)
    outcome = satisfaction(shoppers, world.catalogue, purchases.user, purchases.item, luck)
    return purchases.becoming(EventKind.PURCHASE, purchases.moment, satisfaction=outcome)
