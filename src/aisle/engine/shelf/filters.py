"""The candidates that rules drop from a shelf, and the rule that drops each."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Flags, ItemAttributes
from aisle.engine.shelf.rules import BoundRules
from aisle.shop.ids import among
from aisle.shop.moments import DAY

Places = NDArray[np.intp]
"""Positions among the candidates, best first."""


class Drop(IntEnum):
    """Why a candidate is dropped from a shelf. A rule that is a setting goes by the setting's name."""

    KEPT = 0
    DOUBLE = 1
    """The same item is a candidate twice; the better score is kept."""
    OUT_OF_STOCK = 2
    HIDDEN = 3
    NOT_YET_AVAILABLE = 4
    EXCLUDED_BY_REQUEST = 5
    """It is the item of the page, in the cart, disliked by the shopper, excluded by the request, or not sold at all."""
    EXCLUDE = 6
    PRICE_MIN = 7
    PRICE_MAX = 8
    CATEGORIES = 9
    BRANDS = 10
    NOT_BOUGHT_WITHIN_DAYS = 11
    NEAR_DUPLICATE = 12
    """It is nearly the same as an item in the cart."""
    ONE_PER_GROUP = 13
    NOT_DUE = 14
    """The shopper has it, and it is not of a kind that people buy again, or too new to be bought again."""
    SEEN_SHARE = 15
    REPEAT_SHARE = 16
    AT_MOST = 17
    FATIGUE = 18
    """The shopper was shown it on several visits and never touched it."""

    @property
    def rule(self) -> str:
        """The name of the rule, as people read it."""
        return self.name.lower()


_NO_ITEMS: Final = np.zeros(0, np.int32)
_NO_MOMENTS: Final = np.zeros(0, np.int64)


class RequestContext(NamedTuple):
    """What one request adds to the rules of its placement.

    Attributes
    ----------
    now
        The moment from which the days since a purchase are counted, in microseconds.
    excluded
        Items that are not shown even if they are pinned, in any order.
    bought, bought_at
        What the shopper bought, and when, in any order, (purchases,).
    seen
        What the shopper only viewed, carted or put on the wishlist, in any order.
    owned
        What the shopper bought or rated, in any order.
    not_due
        What of it they would not buy again just now.
    repeat_share
        The largest share of places with owned items, where the rules leave it to training.
    tired
        What steps back, as of `engine.shelf.fatigue`.
    unlisted
        Which candidates the shop does not sell at all, (candidates,); None: it sells all.
    near_duplicates
        Which candidates are nearly the same as an item in the cart, (candidates,); None for a shelf without a cart.
    """

    now: int = 0
    excluded: NDArray[np.int32] = _NO_ITEMS
    bought: NDArray[np.int32] = _NO_ITEMS
    bought_at: NDArray[np.int64] = _NO_MOMENTS
    seen: NDArray[np.int32] = _NO_ITEMS
    owned: NDArray[np.int32] = _NO_ITEMS
    not_due: NDArray[np.int32] = _NO_ITEMS
    repeat_share: float = 1.0
    tired: NDArray[np.int32] = _NO_ITEMS
    unlisted: Flags | None = None
    near_duplicates: Flags | None = None


NO_CONTEXT: Final = RequestContext()
"""A context that adds nothing."""


def dropped(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext = NO_CONTEXT
) -> NDArray[np.int8]:
    """Return a code of `Drop` for each candidate, independently of the other candidates.

    A pin overrides the general rules of prices, categories, brands and earlier purchases. It does not override that an
    item is unavailable, or excluded from this shelf.

    Parameters
    ----------
    items
        Candidates, (candidates,).

    Returns
    -------
    NDArray
        Codes (candidates,) int8; if several rules drop a candidate, the most important one.
    """
    drops = np.zeros(len(items), np.int8)
    for drop, mask in _overridden_by_pins(items, attributes, rules, context):
        drops[mask] = drop
    if len(rules.pins):
        drops[among(items, rules.pins)] = Drop.KEPT
    for drop, mask in _absolute(items, attributes, rules, context):
        drops[mask] = drop
    return drops


def _overridden_by_pins(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext
) -> Iterator[tuple[Drop, Flags]]:
    """Yield the rules that a pin overrides and the candidates that each drops, the most important rule last."""
    settings = rules.rules
    if context.near_duplicates is not None:
        yield Drop.NEAR_DUPLICATE, context.near_duplicates
    if settings.bounds_repeats and len(context.not_due):
        yield Drop.NOT_DUE, among(items, context.not_due)
    if settings.not_bought_within_days is not None and len(context.bought):
        recent = context.bought_at > context.now - settings.not_bought_within_days * DAY
        yield Drop.NOT_BOUGHT_WITHIN_DAYS, among(items, context.bought[recent])
    if settings.brands:
        brands = [attributes.brands[name] for name in settings.brands if name in attributes.brands]
        yield Drop.BRANDS, ~np.isin(attributes.brand, brands)
    if rules.categories:
        paths = [attributes.paths[path] for path in rules.categories if path in attributes.paths]
        yield Drop.CATEGORIES, ~np.any(np.isin(attributes.category, paths), axis=1)
    # NaN, an unknown price, fails every comparison: it is outside of every range.
    if settings.price_max is not None:
        yield Drop.PRICE_MAX, ~(attributes.price <= np.float32(settings.price_max))
    if settings.price_min is not None:
        yield Drop.PRICE_MIN, ~(attributes.price >= np.float32(settings.price_min))


def _absolute(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext
) -> Iterator[tuple[Drop, Flags]]:
    """Yield the rules that nothing overrides and the candidates that each drops, the most important rule last."""
    if len(rules.exclude):
        yield Drop.EXCLUDE, among(items, rules.exclude)
    for group in rules.excluded_groups:
        yield Drop.EXCLUDE, group.of(attributes)
    if len(context.excluded):
        yield Drop.EXCLUDED_BY_REQUEST, among(items, context.excluded)
    if context.unlisted is not None:
        yield Drop.EXCLUDED_BY_REQUEST, context.unlisted
    yield Drop.NOT_YET_AVAILABLE, attributes.to_come
    yield Drop.OUT_OF_STOCK, attributes.sold_out
    yield Drop.HIDDEN, attributes.hidden
