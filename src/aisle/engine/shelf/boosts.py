"""Boosts of groups, items and overstock, pins and locks: what moves candidates up or down.

A boost divides an item's rank: a boost of 2 moves rank 20 to 10, a boost of 0.5 moves rank 10 to 20. Scores are not
multiplied, because their scale differs between models: a boost would push a negative score down, be a power of
log-odds, and be weak for one model and strong for another. Ranks mean the same for all models. Several boosts of an
item are multiplied; their order does not matter.
"""

from itertools import count, islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import ItemAttributes
from aisle.engine.shelf.filters import Places
from aisle.engine.shelf.groups import Group
from aisle.engine.shelf.rules import BoundRules

Factors = NDArray[np.float64]

_NO_PLACES: Final = np.zeros(0, np.intp)


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
    for group, factor in rules.group_boosts:
        product[group.of(attributes)] *= factor
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


class Pinned(NamedTuple):
    """An order in which the candidates that have a fixed place come first."""

    order: Places
    """Candidates: those with a fixed place by their places, then the others, best first, (ordered,)."""
    places: Places
    """The places of the first ones, from 0, ascending, (held,)."""


def pinned(order: Places, items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> Pinned:
    """Put pinned and locked candidates first, and say on which places they are to stand.

    Locks have their places, and pins those that are free before all others. A group is held by its best candidate that
    no other pin or lock has.

    Parameters
    ----------
    order
        Candidates, best first, each item once, (ordered,).
    items, attributes
        All candidates, and what is known of them, (candidates,).
    """
    if not rules.held:
        return Pinned(order, _NO_PLACES)
    chosen = _chosen(order, items, attributes, rules)
    there = [(held.place, candidate) for held, candidate in zip(rules.held, chosen, strict=True) if candidate >= 0]
    stands = {place - 1: candidate for place, candidate in there if place is not None}
    free = (place for place in count() if place not in stands)
    pins = [candidate for place, candidate in there if place is None]
    stands |= dict(zip(islice(free, len(pins)), pins, strict=True))
    places = np.array(sorted(stands), np.intp)
    first = np.array([stands[place] for place in places.tolist()], np.intp)
    return Pinned(np.concatenate((first, order[~np.isin(order, first)])), places)


def _chosen(order: Places, items: NDArray[np.int32], attributes: ItemAttributes, rules: BoundRules) -> list[int]:
    """Return the candidate that each pin or lock holds a place for, or -1 if it is none of the ordered ones."""
    ordered = items[order]
    chosen = [
        -1 if isinstance(held.what, Group) else next(iter(order[ordered == held.what].tolist()), -1)
        for held in rules.held
    ]
    for number, held in enumerate(rules.held):
        if isinstance(held.what, Group):
            inside = order[held.what.of(attributes)[order]]
            chosen[number] = next((place for place in inside.tolist() if place not in chosen), -1)
    return chosen


def in_place(candidates: int, places: Places) -> Places:
    """Return which of some candidates stands on each place, (candidates,).

    Parameters
    ----------
    candidates
        How many candidates there are: those with a fixed place, and then the others, best first.
    places
        The fixed places, from 0, ascending, (held,); where there are too few others, these move up.
    """
    length = max(candidates, int(places.max(initial=-1)) + 1)
    stands = np.full(length, -1, np.intp)
    stands[places] = np.arange(len(places))
    others = np.flatnonzero(stands < 0)[: candidates - len(places)]
    stands[others] = np.arange(len(places), candidates)
    return stands[stands >= 0]
