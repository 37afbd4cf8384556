"""Why a shopper sees an item or does not: one candidate, followed from the sources to its place on the shelf."""

from typing import Any, Final

import msgspec
import numpy as np

from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.reasons import PINNED, in_words
from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.query import ShelfQuery
from aisle.engine.ranking.explain import history_effects, reasons, strongest_action
from aisle.engine.ranking.funnel import FeatureEffect, Funnel, SourceProposal, funnel
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.engine.shelf.filters import Drop, dropped
from aisle.engine.shelf.rules import bind
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists
from aisle.shop.errors import InputError, NotFound

SHOWN: Final = 10
"""At most so many features, and so many earlier items, are shown: those with the largest effect."""

UNKNOWN_ITEM: Final = Funnel((), np.zeros(0, np.int32), np.zeros(0), None, None, None, ())
"""The funnel of an item that no model knows."""


class EarlierItem(msgspec.Struct, frozen=True):
    """An earlier item of the shopper that recommends the item."""

    item_id: str
    name: str
    event: str | None
    """What the shopper did with it; of several events, the one that shows most interest."""
    timestamp: int | None
    share: float
    """Its share of what all earlier items add to the score."""


class Why(msgspec.Struct, frozen=True):
    """How far one item came on its way to one shopper's shelf, and why."""

    user_id: str
    item_id: str
    name: str
    available: bool
    """Whether it may be shown at all at this moment."""
    placement: str
    model: str
    model_version: int
    proposals: list[SourceProposal]
    candidates: int
    """How many items are ranked."""
    chance: float | None
    """The chance that the shopper takes it within `chance_days`, calibrated on held-out weeks; null where none can be
    stated, and beyond the first places."""
    rank: int | None
    """From 1, among the candidates; null where it is not one of them."""
    score: float | None
    """The score that it is ranked by."""
    dropped_by: str | None
    """The rule that keeps it off the shelf."""
    place: int | None
    """Its place on the shelf, from 1."""
    n: int
    """The length of the shelf."""
    reason: str | None
    """The reason that the shelf gives; null where nothing recommends it."""
    speaks: list[EarlierItem]
    """The earlier items that recommend it, those with the largest effect first."""
    features: list[FeatureEffect]
    chance_days: float | None = None

    @property
    def verdict(self) -> str:
        """The result in one line."""
        if self.dropped_by is not None:
            return f"left out by the rule {self.dropped_by}"
        if self.place is not None:
            return f"stands on place {self.place}"
        if self.rank is not None:
            return f"ranks {self.rank} of {self.candidates}, behind the {self.n} places of the shelf"
        if any(proposal.proposed for proposal in self.proposals):
            return f"proposed, but not among the {self.candidates} likeliest candidates"
        return "not proposed"


def why(placement: Placement, query: ShelfQuery, catalogue: LiveCatalogue, user_id: str, item_id: str) -> Why:
    """Follow one item on its way to one shopper's shelf.

    Raises
    ------
    InputError
        If the placement is not filled by a model that ranks items for shoppers.
    NotFound
        If the item is neither known to the model nor pinned, or the shopper has no history that the model knows.
    """
    personal, item = _ranking_model(placement, query), catalogue.vocabulary.number(item_id)
    known = item < len(query.model.items)
    if not known and item not in bind(placement.rules, catalogue.vocabulary).pins:
        raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
    if len(query.shopper.history.items) == 0:
        raise NotFound(f"the live model knows nothing of user {user_id!r}, whose shelf is the popular one")
    items = np.array([item], np.int32)
    catalogue.withdraw(items)
    shelf = place(placement, query, placement.strategy.propose(query))
    excluded = _excluded_without(item, query)
    result = funnel(personal, query.shopper, item, excluded, query.n_candidates) if known else UNKNOWN_ITEM
    reason = reasons(personal, query.shopper, items)[0] if known else None
    return Why(
        user_id=user_id,
        item_id=item_id,
        name=catalogue.name(item_id),
        placement=placement.name,
        model=personal.name if isinstance(personal, Recommender) else query.model.recipe.model,
        model_version=query.model.version,
        proposals=list(result.proposals),
        candidates=len(result.items),
        chance=result.chance,
        chance_days=result.chance_days,
        rank=result.rank,
        score=result.score,
        available=bool(catalogue.attributes(np.array([item], np.int32)).available[0]),
        dropped_by=_dropped_by(item, placement, query, shelf),
        place=_place(item, shelf),
        n=query.n,
        reason=in_words([reason], query, items, catalogue)[0] if reason else None if known else PINNED,
        speaks=[] if reason is None else _earlier_items(item, reason.source, personal, query, catalogue),
        features=list(result.features[:SHOWN]),
    )


def _ranking_model(placement: Placement, query: ShelfQuery) -> Hybrid | Recommender[Any]:
    """Return the model that ranks for shoppers at a placement."""
    strategy = placement.strategy
    retrieval = None if strategy.model is None else query.model.retrieval(strategy.model, query.objective)
    if retrieval is None or not isinstance(retrieval.personal, (Hybrid, Recommender)):
        raise InputError(
            f"{placement.name} is filled by {strategy.name}, which ranks nothing for a shopper; leave it out"
        )
    return retrieval.personal


def _excluded_without(item: int, query: ShelfQuery) -> ItemLists:
    """Return the excluded items without the item itself: how the sources would rank it is of interest."""
    excluded = np.setdiff1d(query.excluded.items, [item])
    return ItemLists.of_arrays([excluded])


def _dropped_by(item: int, placement: Placement, query: ShelfQuery, shelf: PlacedShelf) -> str | None:
    """Return the rule that keeps an item off the shelf; for an item that is no candidate, the one that would."""
    if item in shelf.candidates:
        return shelf.dropped_by().get(item)
    items = np.array([item], np.int32)
    rules = bind(placement.rules, query.catalogue.vocabulary)
    drop = Drop(int(dropped(items, query.catalogue.attributes(items), rules, query.context)[0]))
    return None if drop is Drop.KEPT else drop.rule


def _place(item: int, shelf: PlacedShelf) -> int | None:
    """Return the place of an item on the shelf, from 1."""
    places = np.flatnonzero(shelf.items == item)
    return 1 + int(places[0]) if len(places) else None


def _earlier_items(
    item: int, source_name: str, personal: Hybrid | Recommender[Any], query: ShelfQuery, catalogue: LiveCatalogue
) -> list[EarlierItem]:
    """Return the earlier items that recommend an item in its main source, those with the largest effect first."""
    source = personal.sources[source_name].recommender if isinstance(personal, Hybrid) else personal
    effects = np.maximum(history_effects(source, query.shopper, item), 0)
    largest = np.argsort(-effects, kind="stable")[: min(SHOWN, np.count_nonzero(effects))]
    earlier = query.shopper.history.items[largest].tolist()
    ids = [query.model.items.ids[number] for number in earlier]
    actions = [strongest_action(profiles_of(query.shopper), number) for number in earlier]
    shares = (effects[largest] / effects.sum()).tolist()
    return [
        EarlierItem(item_id, catalogue.name(item_id), action and action.kind.value, action and action.last, share)
        for item_id, action, share in zip(ids, actions, shares, strict=True)
    ]
