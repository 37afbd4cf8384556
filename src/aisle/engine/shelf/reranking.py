"""From ranked candidates to a shelf: what is left out, what is moved, and in which order.

Every step takes an order of candidates and gives one, and needs no more of the ranker's scores than that: they may be
of any scale and sign.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Floats, ItemAttributes
from aisle.engine.shelf.boosts import boosted, pinned
from aisle.engine.shelf.diversity import diversified
from aisle.engine.shelf.filters import NO_CONTEXT, Drop, Places, RequestContext, dropped, first_of_each
from aisle.engine.shelf.long_tail import promoted
from aisle.engine.shelf.rules import BoundRules


class Reranked(NamedTuple):
    """Which candidates stand on a shelf, and what became of every candidate."""

    places: Places
    """Which candidates are shown, best first, (shown,): n of them, or as many as the rules leave."""
    drops: NDArray[np.int8]
    """A code of `Drop` for each candidate, in the order they came in, (candidates,). Whatever is `KEPT` and not shown
    stood behind the last place."""


def rerank(
    items: NDArray[np.int32],
    scores: Floats,
    attributes: ItemAttributes,
    rules: BoundRules,
    n: int,
    context: RequestContext = NO_CONTEXT,
    vectors: Floats | None = None,
) -> Reranked:
    """Apply the rules to candidates: filter, boost, one per group, pins, diversity, long tail, cut.

    The long tail comes after diversity because it is a promise: the share that was asked for is what the shelf that is
    shown gives, as far as there are candidates. An item that is hidden or out of stock is gone after the first step,
    and no later step brings anything back.

    Parameters
    ----------
    items
        Candidates in any order, (candidates,); `engine.shelf.rules.with_pins` puts the pins among them.
    scores
        The ranker's, higher is better, on any scale, (candidates,); whatever is NaN stands last, in the order given.
    attributes
        What is known of each candidate at this moment.
    rules
        The placement's rules.
    n
        How long the shelf is.
    context
        What the request adds to the rules.
    vectors
        What each candidate is like, (candidates, factors), if a model knows.
    """
    drops = dropped(items, attributes, rules, context)
    order = np.argsort(-scores, kind="stable")
    order = order[drops[order] == Drop.KEPT]
    order = _without(drops, order, first_of_each(items, order), Drop.DOUBLE)
    order = boosted(order, items, attributes, rules)
    order, fixed = pinned(order, items, rules)
    if rules.rules.one_per_group:
        first = first_of_each(attributes.group, order)
        first[:fixed] = True
        order = _without(drops, order, first, Drop.ONE_PER_GROUP)
    if rules.rules.diversity:
        in_order = None if vectors is None else vectors[order]
        order = order[diversified(attributes.take(order), n, rules.rules.diversity, in_order, fixed)]
    if rules.rules.long_tail:
        order = order[promoted(attributes.tail[order], n, rules.rules.long_tail, fixed)]
    return Reranked(order[:n], drops)


def _without(drops: NDArray[np.int8], order: Places, kept: NDArray[np.bool_], drop: Drop) -> Places:
    """Return an order without what is not kept, and note why."""
    drops[order[~kept]] = drop
    return order[kept]
