"""Boosts of categories, brands, items and overstock, and pins: what moves candidates up or down.

A boost divides an item's rank: a boost of 2 moves rank 20 to 10, a boost of 0.5 moves rank 10 to 20. Scores are not
multiplied, because their scale differs between models: a boost would push a negative score down, be a power of
log-odds, and be weak for one model and strong for another. Ranks mean the same for all models. Several boosts of an
item are multiplied; their order does not matter.
"""

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import ItemAttributes
from aisle.engine.shelf.filters import Places
from aisle.engine.shelf.rules import BoundRules

Factors = NDArray[np.float64]


def boosted(order: Places, items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> Places:
    """Return candidates in the order of rank / boost; ties keep their order.

    Parameters
    ----------
    order
        Candidates, best first, (ordered,).
    items, attributes
        All candidates, and what is known of them, (candidates,).
    """
    if not (rules.rules.boosts or rules.rules.overstock_boost):
        return order
    ranks = np.arange(1, len(order) + 1) / factors(items, attributes, rules)[order]
    return order[np.argsort(ranks, kind="stable")]


def factors(items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> Factors:
    """Return the product of all boosts of each candidate, (candidates,); always above 0."""
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

    It grows with the cover but stays below 1 + boost, so that one huge leftover stock does not take over every shelf.
    """
    excess = 1 - attributes.usual_cover / np.maximum(attributes.cover, attributes.usual_cover)
    factor: Factors = 1 + boost * np.nan_to_num(excess.astype(np.float64))
    return factor


def pinned(order: Places, items: NDArray[np.int32], rules: BoundRules) -> tuple[Places, int]:
    """Put the pins that are among the candidates first, in the order of the rules, and return how many these are.

    Parameters
    ----------
    order
        Candidates, best first, each item once, (ordered,).
    items
        All candidates, (candidates,).
    """
    if len(rules.pins) == 0:
        return order, 0
    ordered = items[order]
    first = [int(place) for pin in rules.pins for place in np.flatnonzero(ordered == pin)]
    return np.concatenate((order[first], np.delete(order, first))), len(first)
