"""From ranked candidates to a shelf, by the rules of its placement.

Every step takes an order of candidates and returns one. Only the order of the ranker's scores matters, not their scale
or sign.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Codes, Floats, ItemAttributes
from aisle.engine.shelf.boosts import boosted, in_place, pinned
from aisle.engine.shelf.diversity import diversified
from aisle.engine.shelf.fatigue import stepped_back
from aisle.engine.shelf.filters import NO_CONTEXT, Drop, Places, RequestContext, dropped
from aisle.engine.shelf.long_tail import promoted
from aisle.engine.shelf.rules import BoundRules, Rules
from aisle.engine.shelf.shares import places_for, spread
from aisle.kernels.standing_numpy import STANDS, first_of_each
from aisle.recommenders.topn import compiled
from aisle.shop.ids import among

_NO_ITEMS: Final = np.zeros(0, np.int32)

_DROPS: Final = np.array([Drop.KEPT, Drop.DOUBLE, Drop.ONE_PER_GROUP, Drop.SEEN_SHARE, Drop.REPEAT_SHARE], np.int8)
"""The code of `Drop` for each code of `kernels.standing_numpy`."""


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
    """Apply the rules to candidates: filters, boosts, fatigue, pins, locks, groups, shares, diversity, tail, windows.

    What steps back stands behind all others, and not at all where others fill the shelf.

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
    if rules.moves:
        first = first_of_each(items[order])
        drops[order[~first]] = Drop.DOUBLE
        order = boosted(order[first], items, attributes, rules)
    is_tired = among(items, context.tired) if len(context.tired) else None
    if is_tired is not None:
        order = stepped_back(order, is_tired)
    # Until they are put in place, pinned and locked candidates come first: they count in every step, and none moves
    # them.
    order, held = pinned(order, items, attributes, rules)
    fixed = len(held)
    codes = _standing(items[order], attributes.group[order], rules.rules, n, context, fixed)
    drops[order] = _DROPS[codes]
    order = order[codes == STANDS]
    if is_tired is not None:
        fresh = ~is_tired[order] | (np.arange(len(order)) < fixed)
        if np.count_nonzero(fresh) >= n:
            drops[order[~fresh]] = Drop.FATIGUE
            order = order[fresh]
    if rules.rules.diversity:
        in_order = None if vectors is None else vectors[order]
        order = order[diversified(attributes.take(order), n, rules.rules.diversity, in_order, fixed)]
    if rules.rules.long_tail:
        order = order[promoted(attributes.tail[order], n, rules.rules.long_tail, fixed)]
    if rules.rules.at_most:
        chosen = spread(attributes.take(order), rules.rules.windows, n, held)
        if len(chosen) < min(n, len(order)):
            drops[np.delete(order, chosen)] = Drop.AT_MOST
        order = order[chosen]
    elif fixed:
        order = order[in_place(len(order), held)]
    return Reranked(order[:n], drops)


def _standing(
    items: NDArray[np.int32], groups: Codes, rules: Rules, n: int, context: RequestContext, fixed: int
) -> NDArray[np.int8]:
    """Return whether each candidate stands, best first, or why not, as `kernels.standing_numpy` says."""
    if compiled(1):
        from aisle.kernels.standing import standing
    else:
        from aisle.kernels.standing_numpy import standing
    seen = context.seen if rules.seen_share < 1 else _NO_ITEMS
    owned = context.owned if rules.bounds_repeats else _NO_ITEMS
    repeat_share = context.repeat_share if rules.repeat_share == "auto" else rules.repeat_share
    most = places_for(rules.seen_share, n), places_for(repeat_share, n)
    return standing(items, groups if rules.one_per_group else _NO_ITEMS, (seen, owned), most, fixed)
