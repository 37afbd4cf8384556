"""Which candidates a shelf leaves out, and by which rule."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Flags, ItemAttributes
from aisle.engine.shelf.rules import BoundRules
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

Places = NDArray[np.intp]
"""Which candidates, best first."""


class Drop(IntEnum):
    """Why a candidate does not stand on a shelf; a setting's name where it is a setting that says so."""

    KEPT = 0
    DOUBLE = 1
    """The same item is a better candidate already."""
    OUT_OF_STOCK = 2
    HIDDEN = 3
    NOT_YET_AVAILABLE = 4
    EXCLUDED_BY_REQUEST = 5
    """The request has no use for it: the item of the page, what is in the cart, what the shopper disliked."""
    EXCLUDE = 6
    PRICE_MIN = 7
    PRICE_MAX = 8
    CATEGORIES = 9
    BRANDS = 10
    NOT_BOUGHT_WITHIN_DAYS = 11
    NEAR_DUPLICATE = 12
    """It is nearly the same as something in the cart."""
    ONE_PER_GROUP = 13

    @property
    def rule(self) -> str:
        """What it is called where people read it."""
        return self.name.lower()


def _no_items() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


def _no_moments() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class RequestContext:
    """What one request adds to the rules of its placement.

    Attributes
    ----------
    now
        The moment from which the days since a purchase count, in microseconds.
    excluded
        Items that this shelf has no use for, in any order; they are not even pinned.
    bought, bought_at
        What the shopper bought, and when, in any order, (purchases,).
    near_duplicates
        Which candidates are nearly the same as something in the cart, (candidates,); None if nobody asked.
    """

    now: int = 0
    excluded: NDArray[np.int32] = field(default_factory=_no_items)
    bought: NDArray[np.int32] = field(default_factory=_no_items)
    bought_at: NDArray[np.int64] = field(default_factory=_no_moments)
    near_duplicates: Flags | None = None


NO_CONTEXT: Final = RequestContext()
"""A context that adds nothing."""


def dropped(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext = NO_CONTEXT
) -> NDArray[np.int8]:
    """Return a code of `Drop` for each candidate, judged by itself.

    A pin is the shop's explicit word: it overrides what the shop says in general of prices, categories, brands and
    purchases. It does not override that an item cannot be had, or has no place on this very shelf.

    Parameters
    ----------
    items
        Candidates, (candidates,).
    attributes
        What is known of each.
    rules
        The placement's rules.
    context
        What the request adds.

    Returns
    -------
    NDArray
        Codes (candidates,) int8; where several rules speak against an item, the one that weighs most.
    """
    found = np.zeros(len(items), np.int8)
    for drop, hit in _overridden(items, attributes, rules, context):
        found[hit] = drop
    if len(rules.pins):
        found[np.isin(items, rules.pins)] = Drop.KEPT
    for drop, hit in _absolute(items, attributes, rules, context):
        found[hit] = drop
    return found


def _overridden(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext
) -> Iterator[tuple[Drop, Flags]]:
    """Yield what pins override, the rule that weighs most last."""
    asked = rules.rules
    if context.near_duplicates is not None:
        yield Drop.NEAR_DUPLICATE, context.near_duplicates
    if asked.not_bought_within_days is not None and len(context.bought):
        lately = context.bought_at > context.now - asked.not_bought_within_days * DAY
        yield Drop.NOT_BOUGHT_WITHIN_DAYS, np.isin(items, context.bought[lately])
    if asked.brands:
        wanted = [attributes.brands[name] for name in asked.brands if name in attributes.brands]
        yield Drop.BRANDS, ~np.isin(attributes.brand, wanted)
    if rules.categories:
        wanted = [attributes.paths[path] for path in rules.categories if path in attributes.paths]
        yield Drop.CATEGORIES, ~np.any(np.isin(attributes.category, wanted), axis=1)
    # Written so that NaN, an unknown price, is outside of every range.
    if asked.price_max is not None:
        yield Drop.PRICE_MAX, ~(attributes.price <= np.float32(asked.price_max))
    if asked.price_min is not None:
        yield Drop.PRICE_MIN, ~(attributes.price >= np.float32(asked.price_min))


def _absolute(
    items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules, context: RequestContext
) -> Iterator[tuple[Drop, Flags]]:
    """Yield what nothing overrides, the rule that weighs most last."""
    if len(rules.exclude):
        yield Drop.EXCLUDE, np.isin(items, rules.exclude)
    if len(context.excluded):
        yield Drop.EXCLUDED_BY_REQUEST, np.isin(items, context.excluded)
    yield Drop.NOT_YET_AVAILABLE, attributes.to_come
    yield Drop.OUT_OF_STOCK, attributes.sold_out
    yield Drop.HIDDEN, attributes.hidden


def first_of_each(codes: NDArray[np.int32], order: Places) -> Flags:
    """Return which candidates of an order are the first with their code, (ordered,); `UNKNOWN` is a code of nobody's.

    Parameters
    ----------
    codes
        The code of each candidate, (candidates,).
    order
        Candidates, best first, (ordered,).
    """
    ordered = codes[order]
    first: Flags = np.equal(ordered, UNKNOWN)
    first[np.unique(ordered, return_index=True)[1]] = True
    return first
