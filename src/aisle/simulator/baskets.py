"""Carts, orders and repeat orders of the simulated shop."""

from dataclasses import replace
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
"""How much chance there is in the satisfaction with a purchase: a standard deviation, in logits."""
_REORDERS: Final = 0.9
"""The chance that a fully satisfied shopper orders a consumable again."""
_INTERVALS: Final = np.array([leaf.interval for leaf in LEAVES])


def cart_chance(liked: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the chance that an item that is viewed is put into the cart, by how much it is liked."""
    return logistic(_CART + _CART_LIKING * liked)


def fill_carts(
    rng: Generator, world: World, sessions: Sessions, views: Lines, liked: NDArray[np.float32]
) -> tuple[Lines, Lines]:
    """Put items into carts.

    Returns
    -------
    Lines, Lines
        Views of items that complement an item in the cart, and all additions to carts, each item once in a session.
    """
    chosen = views.take(rng.random(len(views)) < cart_chance(liked))
    partner = world.catalogue.partners[chosen.item, rng.integers(0, 2, len(chosen))].astype(np.int32)
    for_sale = world.catalogue.for_sale(partner, world.calendar.day_of(chosen.moment))
    with_partner = (partner != NONE) & for_sale & (rng.random(len(chosen)) < _TOGETHER)
    pace = sessions.pace[chosen.session].astype(np.int64)
    additions = chosen.followed_by(EventKind.ADD_TO_CART, chosen.moment + pace // 5)
    partner_pace = pace[with_partner]
    partner_views = chosen.take(with_partner)
    partner_views = partner_views.followed_by(
        EventKind.VIEW_ITEM, partner_views.moment + partner_pace * 2 // 5, item=partner[with_partner]
    )
    partner_additions = partner_views.followed_by(EventKind.ADD_TO_CART, partner_views.moment + partner_pace // 5)
    carts = Lines.join([additions, partner_additions])
    pair = carts.session.astype(np.int64) * len(world.catalogue) + carts.item
    carts = carts.take(np.unique(pair, return_index=True)[1])
    return partner_views, replace(carts, quantity=_quantities(rng, world, carts.item))


def check_out(
    rng: Generator, world: World, shoppers: Shoppers, sessions: Sessions, carts: Lines
) -> tuple[Lines, Lines]:
    """Return the removals from carts and the purchases; the lines of an order share one moment."""
    last_view = sessions.views[carts.session]
    removed = rng.random(len(carts)) < _REMOVED
    removals = carts.followed_by(EventKind.REMOVE_FROM_CART, sessions.after(carts.session, last_view + 1)).take(removed)
    buying = rng.random(len(sessions)) < logistic(shoppers.resolve[sessions.user])
    bought = (buying & ~sessions.anonymous)[carts.session] & ~removed
    purchases = carts.followed_by(EventKind.PURCHASE, sessions.after(carts.session, last_view + 1.5)).take(bought)
    return removals, _with_satisfaction(rng, world, shoppers, purchases)


def reorder(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines, first_session: int) -> Lines:
    """Return the repeat orders of consumables, each in a short session of its own, numbered from `first_session`.

    Satisfied shoppers are more likely to order again, about one interval later.
    """
    orders: list[Lines] = []
    latest = purchases
    while len(latest):
        interval = _INTERVALS[world.catalogue.leaf[latest.item]] * rng.lognormal(0, 0.2, len(latest))
        moment = latest.moment + (interval * DAY).astype(np.int64)
        again = (interval > 0) & (rng.random(len(latest)) < _REORDERS * latest.satisfaction)
        for_sale = world.catalogue.for_sale(latest.item, world.calendar.day_of(moment))
        rows = again & (moment < world.calendar.end) & for_sale
        session = np.arange(first_session, first_session + np.count_nonzero(rows), dtype=np.int32)
        latest = latest.take(rows).followed_by(EventKind.PURCHASE, moment[rows], session=session)
        latest = _with_satisfaction(rng, world, shoppers, latest)
        first_session += len(latest)
        orders += _short_visit(rng, latest)
    return Lines.join(orders)


def _short_visit(rng: Generator, purchases: Lines) -> list[Lines]:
    """Return the events of sessions in which one item is viewed, put into the cart and bought."""
    viewed = purchases.moment - rng.integers(60 * SECOND, 240 * SECOND, len(purchases))
    return [
        purchases.followed_by(EventKind.VIEW_ITEM, viewed, quantity=np.full(len(purchases), NONE, np.int32)),
        purchases.followed_by(EventKind.ADD_TO_CART, viewed + 20 * SECOND),
        purchases,
    ]


def _quantities(rng: Generator, world: World, items: NDArray[np.int32]) -> NDArray[np.int32]:
    consumable = _INTERVALS[world.catalogue.leaf[items]] > 0
    pieces = np.where(consumable, rng.geometric(0.65, len(items)), 1 + (rng.random(len(items)) < 0.06))
    return pieces.astype(np.int32)


def _with_satisfaction(rng: Generator, world: World, shoppers: Shoppers, purchases: Lines) -> Lines:
    """Return purchases with the true satisfaction: that of shopper and item, and the luck with this piece."""
    luck = rng.normal(0, _LUCK, len(purchases)).astype(np.float32)
    outcome = satisfaction(shoppers, world.catalogue, purchases.user, purchases.item, luck)
    return replace(purchases, satisfaction=outcome)
