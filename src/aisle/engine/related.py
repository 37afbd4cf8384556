"""Items that go with an item: bought together with it or with its category, and those that are a step up from it."""

from typing import Final

import numpy as np

from aisle.engine.proposals import Floats, Ints
from aisle.engine.query import ShelfQuery
from aisle.engine.ranking.explain import MIN_SUPPORT
from aisle.recommenders.implicit.co_purchase import CoPurchase
from aisle.recommenders.similar import similar
from aisle.shop.ids import UNKNOWN, among

CO_PURCHASE: Final = "co_purchase"
"""The model of what is bought together."""

MIN_SHOPPERS: Final = 2
"""One shopper who bought two items together is an accident, whatever else a shelf could show."""

SIBLINGS: Final = 200
"""So many of a category's most bought items stand for it."""

STEP_UP: Final = (1.1, 2.0)
"""A step up costs more than this times the price of an item, and no more than that."""


def partners(query: ShelfQuery, items: Ints, min_buyers: int = MIN_SUPPORT) -> tuple[Ints, Floats]:
    """Return the items bought together with some items, by the sum of their scores, best first."""
    model = query.model.recommender(CO_PURCHASE)
    known = items[(items >= 0) & (items < len(query.model.items))]
    if len(known) == 0 or not isinstance(model, CoPurchase):
        return _nothing()
    links = model.partners(known, model.config.neighbours, min_buyers)
    linked = links.items >= 0
    linked_items, places = np.unique(links.items[linked], return_inverse=True)
    scores = np.bincount(places, links.scores[linked], len(linked_items)).astype(np.float32)
    scores[among(linked_items, known)] = 0
    return best(linked_items, scores)


def partners_of_category(query: ShelfQuery, item: int) -> tuple[Ints, Floats]:
    """Return the items of other categories that are bought together with those of an item's category, best first."""
    state = query.model.state
    if state is None or not 0 <= item < len(query.model.items) or state.category_[item] == UNKNOWN:
        return _nothing()
    siblings = np.flatnonzero(state.category_ == state.category_[item]).astype(np.int32)
    siblings = siblings[np.argsort(-state.buyers_[siblings], kind="stable")[:SIBLINGS]]
    items, scores = partners(query, siblings)
    elsewhere = state.category_[items] != state.category_[item]
    return items[elsewhere], scores[elsewhere]


def step_ups(query: ShelfQuery, item: int) -> tuple[Ints, Floats]:
    """Return items like one that cost somewhat more and have no worse stars, the most similar first.

    Nothing for an item without a price, or in a shop whose model compares no items.
    """
    state, directions = query.model.state, query.model.directions
    if state is None or directions is None or not 0 <= item < len(query.model.items):
        return _nothing()
    row = similar(directions, np.array([item], np.int32), query.n_candidates)
    items, scores = row.items[0][row.items[0] >= 0], row.scores[0][row.items[0] >= 0]
    ratio = state.price_[items] / state.price_[item]
    # A price or stars that are not known are NaN, which no comparison holds for.
    better = (ratio >= STEP_UP[0]) & (ratio <= STEP_UP[1]) & ~(state.stars_[items] < state.stars_[item])
    alike = (state.department_[items] == state.department_[item]) & (scores > 0)
    return items[better & alike], scores[better & alike]


def dearest(query: ShelfQuery, items: Ints) -> int:
    """Return the item with the highest price; `UNKNOWN` if the model knows no price of any."""
    state = query.model.state
    known = items[(items >= 0) & (items < len(query.model.items))]
    if state is None or len(known) == 0 or np.isnan(state.price_[known]).all():
        return UNKNOWN
    return int(known[np.nanargmax(state.price_[known])])


def best(items: Ints, scores: Floats) -> tuple[Ints, Floats]:
    """Return the items with a score above 0, best first."""
    order = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores > 0)]
    return items[order], scores[order]


def _nothing() -> tuple[Ints, Floats]:
    return np.zeros(0, np.int32), np.zeros(0, np.float32)
