"""From ranked candidates to a shelf, by the rules of its placement.

Every step takes an order of candidates and returns one. Only the order of the ranker's scores matters, not their scale
or sign.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Floats, ItemAttributes
from aisle.engine.shelf.boosts import boosted, pinned
from aisle.engine.shelf.diversity import diversified
from aisle.engine.shelf.filters import NO_CONTEXT, Drop, Places, RequestContext, dropped, first_of_each
from aisle.engine.shelf.long_tail import promoted
from aisle.engine.shelf.rules import BoundRules, Rules
from aisle.engine.shelf.shares import beyond_share, spread
from aisle.shop.ids import among


class Reranked(NamedTuple):
    """The candidates on a shelf, and what happened to each candidate."""

    places: Places
    """The positions of the shown candidates, best first, (shown,): n, or fewer if the rules leave fewer."""
    drops: NDArray[np.int8]
    """A code of `Drop` for each candidate, in the order given, (candidates,). A candidate that is `KEPT` but not shown
    came after the last place."""


def rerank(
    items: NDArray[np.int32],
    scores: Floats,
    attributes: ItemAttributes,
    rules: BoundRules,
    n: int,
    context: RequestContext = NO_CONTEXT,
    vectors: Floats | None = None,
) -> Reranked:
    """Apply the rules to candidates: filters, boosts, pins, groups, shares, diversity, long tail, windows.

    The long tail comes after diversity, so that the shelf that is shown gives the tail its share, as far as there are
    candidates. The windows of `at_most` have the last word. The first step drops hidden and sold-out items, and no
    later step brings a dropped item back.

    Parameters
    ----------
    items
        Candidates in any order, (candidates,); `engine.shelf.rules.with_pins` adds the pins to them.
    scores
        The ranker's scores, higher is better, on any scale, (candidates,); NaN comes last, in the order given.
    attributes
        What is known of the candidates at this moment.
    n
        How long the shelf is.
    context
        What the request adds to the rules.
    vectors
        The content vectors of the candidates, (candidates, factors), if there is a content model.
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
    for drop, own, share in _shares(rules.rules, context):
        beyond = beyond_share(among(items[order], own), share, n, fixed)
        order = _without(drops, order, ~beyond, drop)
    if rules.rules.diversity:
        in_order = None if vectors is None else vectors[order]
        order = order[diversified(attributes.take(order), n, rules.rules.diversity, in_order, fixed)]
    if rules.rules.long_tail:
        order = order[promoted(attributes.tail[order], n, rules.rules.long_tail, fixed)]
    if rules.rules.at_most:
        chosen = spread(attributes.take(order), rules.rules.windows, n, fixed)
        if len(chosen) < min(n, len(order)):
            drops[np.delete(order, chosen)] = Drop.AT_MOST
        order = order[chosen]
    return Reranked(order[:n], drops)


def _shares(rules: Rules, context: RequestContext) -> Iterator[tuple[Drop, NDArray[np.int32], float]]:
    """Yield the shares that bound what the shopper knows, with the items that each is about."""
    if rules.seen_share < 1:
        yield Drop.SEEN_SHARE, context.seen, rules.seen_share
    if rules.bounds_repeats:
        share = context.repeat_share if rules.repeat_share == "auto" else rules.repeat_share
        yield Drop.REPEAT_SHARE, context.owned, share


def _without(drops: NDArray[np.int8], order: Places, kept: NDArray[np.bool_], drop: Drop) -> Places:
    """Return an order without the candidates that are not kept, and write down why they are dropped."""
    drops[order[~kept]] = drop
    return order[kept]
