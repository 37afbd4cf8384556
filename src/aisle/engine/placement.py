"""From proposals to a placed shelf: the one function behind live shelves, batches, reports and explanations.

A shelf is not empty: what the rules leave out makes room for popular items, and where nothing of a proposal may stand,
the next proposal takes its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import tee
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.engine.proposals import Floats, Ints, Proposal
from aisle.engine.query import ShelfQuery
from aisle.engine.ranking.examples import Objective
from aisle.engine.shelf.attributes import Flags
from aisle.engine.shelf.filters import Drop
from aisle.engine.shelf.near_duplicates import near_duplicates
from aisle.engine.shelf.reranking import rerank
from aisle.engine.shelf.rules import BoundRules, Rules, bind, with_pins
from aisle.engine.strategies import Strategy
from aisle.shop.ids import UNKNOWN, among

NO_RULES: Final = Rules()

REACHES: Final = (100, 5000)
"""How far down the popular items a short shelf looks for more: not far at first, as every look reads the catalogue."""


@dataclass(frozen=True)
class Placement:
    """Where a shelf stands, and how it is filled.

    Attributes
    ----------
    objective
        What it is for, where a hybrid fills it; None: what the hybrid is for.
    """

    name: str
    strategy: Strategy
    objective: Objective | None = None
    rules: Rules = NO_RULES


@dataclass(frozen=True, eq=False)
class PlacedShelf:
    """A shelf, and what it was chosen from.

    Attributes
    ----------
    proposal
        What the strategy proposed.
    candidates
        What was chosen from, pins and popular items included, (candidates,).
    items, scores
        What stands there, best first, with the model's own scores, (shown,).
    drops
        A code of `engine.shelf.filters.Drop` for each candidate, (candidates,). Whatever is `KEPT` and not shown stood
        behind the last place.
    propensities
        How probable it was that each item would stand at its place, (shown,); None: nothing was left to chance.
    is_new
        Which items were drawn to explore, (shown,); None: none.
    """

    proposal: Proposal
    candidates: Ints
    items: Ints
    scores: Floats
    drops: NDArray[np.int8]
    propensities: NDArray[np.float64] | None = None
    is_new: Flags | None = None

    def dropped_by(self) -> dict[int, str]:
        """Return the rule that left out each of the candidates that a rule did, by item number."""
        by_rule = np.flatnonzero((self.drops != Drop.KEPT) & (self.drops != Drop.DOUBLE))
        return {int(self.candidates[place]): Drop(int(self.drops[place])).rule for place in by_rule}


def place(placement: Placement, query: ShelfQuery, proposals: Iterable[Proposal]) -> PlacedShelf:
    """Return the shelf of the first proposal of which anything stands there, or of the last one.

    Nothing that cannot be sold at this moment stands on it.

    Parameters
    ----------
    proposals
        What the strategy yields: its own proposals, then the fallbacks; at least one.
    """
    again, proposals = tee(proposals)
    shelf = _first_filled(placement, query, again)
    while query.catalogue.withdraw(shelf.items):
        # What is in memory is old: another program has written to the database.
        query.catalogue.withdraw(shelf.candidates)
        again, proposals = tee(proposals)
        shelf = _first_filled(placement, query, again)
    return shelf


def _first_filled(placement: Placement, query: ShelfQuery, proposals: Iterable[Proposal]) -> PlacedShelf:
    """Return what `place` does, with the attributes that items are known to have."""
    rules = bind(placement.rules, query.catalogue.vocabulary)
    shelves: list[PlacedShelf] = []
    for proposal in proposals:
        shelves.append(_filled(placement, query, proposal, rules))
        if among(shelves[-1].items, shelves[-1].proposal.items).any():
            return shelves[-1]
    if len(shelves[-1].items) == 0 and placement.rules != placement.rules.without_shares():
        # A shopper who knows everything there is gets what they know rather than nothing.
        unbounded = replace(placement, rules=placement.rules.without_shares())
        return _first_filled(unbounded, query, [shelf.proposal for shelf in shelves])
    return shelves[-1]


def _filled(placement: Placement, query: ShelfQuery, proposal: Proposal, rules: BoundRules) -> PlacedShelf:
    """Place a proposal, with as many popular items behind it as the shelf has room for, and its groups need."""
    items, scores = proposal.items, proposal.scores
    shelf = _placed(placement, query, proposal, items, scores, rules)
    if len(shelf.items) < query.n and proposal.more is not None:
        return _filled(placement, query, proposal.more(), rules)
    for reach in REACHES if proposal.may_be_filled else ():
        if len(shelf.items) >= query.n and not _lacks(query, items, rules):
            break
        popular = query.popular(query.n + reach)
        popular = popular[~among(popular, items)]
        items = np.concatenate((items, popular))
        scores = np.concatenate((scores, np.full(len(popular), np.nan, np.float32)))
        shelf = _placed(placement, query, proposal, items, scores, rules)
    return shelf


def _lacks(query: ShelfQuery, candidates: Ints, rules: BoundRules) -> bool:
    """Return whether a group that is pinned or locked has no item among the candidates."""
    if not rules.held_groups:
        return False
    attributes = query.catalogue.attributes(candidates)
    return not all((group.of(attributes) & attributes.available).any() for group in rules.held_groups)


def _placed(
    placement: Placement, query: ShelfQuery, proposal: Proposal, items: Ints, scores: Floats, rules: BoundRules
) -> PlacedShelf:
    """Put candidates on a shelf by the rules, with the attributes that they are known to have."""
    candidates, scores = with_pins(items, scores, rules)
    near = _near_duplicates(query, candidates) if placement.strategy.about == "cart" else None
    context = query.context._replace(unlisted=~query.catalogue.listed(candidates), near_duplicates=near)
    if proposal.because != UNKNOWN:
        context = context._replace(excluded=np.append(context.excluded, np.int32(proposal.because)))
    contents = _contents(query, candidates) if rules.rules.diversity else None
    attributes = query.catalogue.attributes(candidates)
    places, drops = rerank(candidates, scores, attributes, rules, query.n, context, contents)
    return PlacedShelf(proposal, candidates, candidates[places], scores[places], drops)


def _near_duplicates(query: ShelfQuery, candidates: Ints) -> Flags:
    """Return which candidates are nearly the same as an item in the cart, (candidates,)."""
    both = np.concatenate((candidates, query.cart))
    attributes, vectors = query.catalogue.attributes(both), _contents(query, both)
    shown, in_cart = np.split(np.arange(len(both)), [len(candidates)])
    of_both = (None, None) if vectors is None else (vectors[shown], vectors[in_cart])
    return near_duplicates(attributes.take(shown), attributes.take(in_cart), *of_both)


def _contents(query: ShelfQuery, items: Ints) -> Floats | None:
    """Return the content vectors of items; those of items that the model does not know are 0."""
    contents = query.model.contents
    return None if contents is None else query.catalogue.vocabulary.values(contents, items, 0)
