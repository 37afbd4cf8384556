"""What moves candidates up or down: boosts of categories, brands and items, boosts of overstock, and pins.

A boost divides an item's rank: at 2, the twentieth stands like a tenth, and at 0.5 the tenth like a twentieth. Scores
of rankers cannot be multiplied soundly: they may be negative, so that a boost would push down; log-odds, so that it
would be a power; or anything else, so that the same 1.5 would mean little for one model and everything for another.
Ranks mean the same for all. Dividing them is multiplying 1 / rank, a monotone map of any scores to (0, 1]; boosts of
the same item multiply, and their order does not matter.
"""

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import ItemAttributes
from aisle.engine.shelf.filters import Places
from aisle.engine.shelf.rules import BoundRules

Factors = NDArray[np.float64]


def boosted(order: Places, items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> Places:
    """Return candidates in the order of rank / boost; ties stay as they were.

    Parameters
    ----------
    order
        Candidates, best first, (ordered,).
    items, attributes
        All candidates and what is known of each, (candidates,).
    rules
        The placement's rules.
    """
    if not (rules.rules.boosts or rules.rules.overstock_boost):
        return order
    ranks = np.arange(1, len(order) + 1) / factors(items, attributes, rules)[order]
    return order[np.argsort(ranks, kind="stable")]


def factors(items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> Factors:
    """Return the product of all boosts of each candidate, (candidates,), above 0."""
    product = _overstock(attributes, rules.rules.overstock_boost)
    for path, factor in rules.category_boosts:
        if path in attributes.paths:
            product[(attributes.category == attributes.paths[path]).any(axis=1)] *= factor
    for name, factor in rules.brand_boosts:
        if name in attributes.brands:
            product[attributes.brand == attributes.brands[name]] *= factor
    for number, factor in rules.item_boosts:
        product[items == number] *= factor
    return product


def _overstock(attributes: ItemAttributes, boost: float) -> Factors:
    """Return 1 + boost · (1 - usual / cover) where the stock covers more days than usual, else 1, (candidates,).

    It grows with the cover but never beyond 1 + boost, as a single forgotten pallet must not take over every shelf.
    """
    excess = 1 - attributes.usual_cover / np.maximum(attributes.cover, attributes.usual_cover)
    lifted: Factors = 1 + boost * np.nan_to_num(excess.astype(np.float64))
    return lifted


def pinned(order: Places, items: NDArray[np.int32], rules: BoundRules) -> tuple[Places, int]:
    """Put the pins that are among the candidates first, in their own order, and return how many there are.

    Parameters
    ----------
    order
        Candidates, best first, each item once, (ordered,).
    items
        All candidates, (candidates,).
    rules
        The placement's rules.
    """
    if len(rules.pins) == 0:
        return order, 0
    ordered = items[order]
    first = [int(place) for pin in rules.pins for place in np.flatnonzero(ordered == pin)]
    return np.concatenate((order[first], np.delete(order, first))), len(first)
