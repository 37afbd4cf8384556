"""A shelf of which some places explore: what takes them, and with which chance."""

from dataclasses import replace
from typing import Final

import numpy as np

from aisle.engine.placement import PlacedShelf, Placement
from aisle.engine.proposals import Ints
from aisle.engine.query import ShelfQuery
from aisle.engine.shelf.attributes import Flags
from aisle.engine.shelf.exploration import Floats, bounded, draw, most_drawn, thompson, trade
from aisle.engine.shelf.filters import Drop, dropped
from aisle.engine.shelf.groups import Group
from aisle.engine.shelf.rules import BoundRules, bind
from aisle.recommenders.second_stage.item_state import WINDOWS
from aisle.shop.ids import UNKNOWN, among

BEHIND: Final = 12
"""So many of the candidates that rank behind the shelf may be drawn."""

NEWEST: Final = 8
"""And so many new items of the shop."""

AMONG: Final = 32
"""They are those of so many of its newest items that are closest to what the shopper deals with."""

_WINDOW: Final = len(WINDOWS) - 2
"""Which of `WINDOWS` says what is known of an item."""


def explored(shelf: PlacedShelf, placement: Placement, query: ShelfQuery, share: float, seed: int) -> PlacedShelf:
    """Return a shelf of which a share of the places explores, with the chance of each item at its place.

    As many places trade what stands there. Places that a pin or a lock may hold never explore. What may be drawn keeps
    the filters of the placement, and is nothing that the shopper knows.

    Parameters
    ----------
    seed
        Equal seeds draw the same.
    """
    rules = bind(placement.rules, query.catalogue.vocabulary)
    free = np.flatnonzero(~_held(shelf.items, query, rules))
    pool = _pool(shelf, query, rules)
    if len(free) == 0 or len(pool) == 0:
        return shelf
    share = min(share, len(pool) / len(free))
    chances = bounded(thompson(*_known(pool, query)), most_drawn(share, len(free)))
    random = np.random.default_rng(seed)
    stands, likely = trade(share, len(free), random)
    drawn = draw(chances, share, len(free), random)
    items, scores, propensities = shelf.items.copy(), shelf.scores.copy(), np.ones(len(shelf.items))
    # Which places are drawn has nothing to do with which ones trade, so that their chances multiply.
    items[free], scores[free], propensities[free] = items[free[stands]], scores[free[stands]], (1 - share) * likely
    at = free[drawn.places]
    items[at], scores[at], propensities[at] = pool[drawn.chosen], np.nan, share * chances[drawn.chosen]
    return replace(shelf, items=items, scores=scores, propensities=propensities, is_new=among(items, pool))


def _held(items: Ints, query: ShelfQuery, rules: BoundRules) -> Flags:
    """Return which items of a shelf a pin or a lock may have put there."""
    held = among(items, rules.pins)
    for one in rules.held:
        if isinstance(one.what, Group):
            held |= one.what.of(query.catalogue.attributes(items))
    return held


def _pool(shelf: PlacedShelf, query: ShelfQuery, rules: BoundRules) -> Ints:
    """Return what may be drawn: what ranks behind the shelf, and new items, as far as the rules allow them."""
    familiar = np.concatenate((query.context.seen, query.context.owned, shelf.items))
    behind = shelf.candidates[shelf.drops == Drop.KEPT]
    behind = behind[~among(behind, familiar)][:BEHIND]
    newest = query.catalogue.newest(AMONG)
    newest = newest[~among(newest, np.concatenate((familiar, behind)))]
    context = query.context._replace(unlisted=~query.catalogue.listed(newest))
    allowed = dropped(newest, query.catalogue.attributes(newest), rules, context) == Drop.KEPT
    pool = np.concatenate((behind, _closest_first(newest[allowed], query)[:NEWEST]))
    if query.catalogue.withdraw(pool):
        pool = pool[query.catalogue.attributes(pool).available]
    return pool


def _closest_first(newest: Ints, query: ShelfQuery) -> Ints:
    """Return items, those first that share most steps of their category with what the shopper likes, else newest."""
    liked = np.unique(query.shopper.history.items[query.shopper.weights > 0])
    categories = query.catalogue.attributes(np.concatenate((newest, liked))).category
    steps, liked_steps = np.split(categories, [len(newest)])
    shared = (among(steps.ravel(), liked_steps.ravel()).reshape(steps.shape) & (steps != UNKNOWN)).sum(axis=1)
    return newest[np.argsort(-shared, kind="stable")]


def _known(pool: Ints, query: ShelfQuery) -> tuple[Floats, Floats]:
    """Return how often each item was taken and only looked at in the last weeks; 0 for what the model does not know."""
    state = query.model.state
    if state is None:
        return np.zeros(len(pool)), np.zeros(len(pool))
    vocabulary = query.catalogue.vocabulary
    taken, looked = (
        vocabulary.values(counts[:, _WINDOW], pool, 0).astype(np.float64)
        for counts in (state.target_counts_, state.look_counts_)
    )
    return taken, looked
