"""Why a shopper sees an item or does not: the way of one candidate, from the sources to its place on the shelf."""

from typing import Any, Final

import msgspec
import numpy as np

from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.reasons import PINNED, in_words
from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.query import ShelfQuery
from aisle.engine.ranking.explain import deed_of, reasons, shares
from aisle.engine.ranking.funnel import FeatureEffect, Funnel, SourceProposal, funnel
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.engine.shelf.filters import Drop, dropped
from aisle.engine.shelf.rules import bind
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists
from aisle.shop.errors import InputError, NotFound

SHOWN: Final = 10
"""So many features, and so many earlier items, are shown: those that matter most."""

NO_WAY: Final = Funnel((), np.zeros(0, np.int32), np.zeros(0), None, None, None, ())
"""The way of an item that no model knows."""


class EarlierItem(msgspec.Struct, frozen=True):
    """An earlier item of the shopper that speaks for the item."""

    item_id: str
    name: str
    event: str | None
    """The event of the shopper that says most about it."""
    timestamp: int | None
    share: float
    """Of all that speaks for the item."""


class Why(msgspec.Struct, frozen=True):
    """The way of one item to one shopper's shelf, as far as it came."""

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
    """How likely it is wanted, by its ranks in the sources alone; null where none proposes it, or one model is all."""
    rank: int | None
    """From 1, among the candidates; null where it is none of them."""
    score: float | None
    """What it was ranked by."""
    dropped_by: str | None
    """The rule that keeps it off the shelf."""
    place: int | None
    """From 1, on a shelf of n."""
    n: int
    reason: str | None
    """In the words of a shelf; null where nothing recommends it."""
    speaks: list[EarlierItem]
    features: list[FeatureEffect]

    @property
    def verdict(self) -> str:
        """What became of it, in one line."""
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
    """Return the way of one item to one shopper's shelf.

    Parameters
    ----------
    placement
        Where the shelf stands.
    query
        The request for that shelf.
    catalogue
        The catalogue of the query.
    user_id, item_id
        Who and what.

    Raises
    ------
    InputError
        If no model ranks for shoppers there.
    NotFound
        If the model does not know the item, which is not pinned either, or knows nothing of the shopper.
    """
    personal, item = _ranking_model(placement, query), catalogue.vocabulary.number(item_id)
    known = item < len(query.model.items)
    if not known and item_id not in placement.rules.pins:
        raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
    if len(query.shopper.history.items) == 0:
        raise NotFound(f"the live model knows nothing of user {user_id!r}, whose shelf is the popular one")
    items = np.array([item], np.int32)
    shelf = place(placement, query, placement.strategy.propose(query))
    way = funnel(personal, query.shopper, item, _excluded_but(item, query), query.n_candidates) if known else NO_WAY
    reason = reasons(personal, query.shopper, items)[0] if known else None
    return Why(
        user_id=user_id,
        item_id=item_id,
        name=catalogue.name(item_id),
        placement=placement.name,
        model=personal.name if isinstance(personal, Recommender) else query.model.recipe.model,
        model_version=query.model.version,
        proposals=list(way.proposals),
        candidates=len(way.items),
        chance=way.chance,
        rank=way.rank,
        score=way.score,
        available=bool(catalogue.attributes(np.array([item], np.int32)).available[0]),
        dropped_by=_dropped_by(item, placement, query, shelf),
        place=_place(item, shelf),
        n=query.n,
        reason=in_words([reason], query, items, catalogue)[0] if reason else None if known else PINNED,
        speaks=[] if reason is None else _speaking(item, reason.source, personal, query, catalogue),
        features=list(way.features[:SHOWN]),
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


def _excluded_but(item: int, query: ShelfQuery) -> ItemLists:
    """Return the excluded items without the item itself, as what the sources would say of it is of interest."""
    excluded = np.setdiff1d(query.excluded.items, [item])
    return ItemLists.of_arrays([excluded])


def _dropped_by(item: int, placement: Placement, query: ShelfQuery, shelf: PlacedShelf) -> str | None:
    """Return the rule that keeps an item off the shelf; an item that is no candidate is judged alone."""
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


def _speaking(
    item: int, source_name: str, personal: Hybrid | Recommender[Any], query: ShelfQuery, catalogue: LiveCatalogue
) -> list[EarlierItem]:
    """Return the earlier items that speak for an item in the source that carries it, the most important first."""
    source = personal.sources[source_name].recommender if isinstance(personal, Hybrid) else personal
    added = np.maximum(shares(source, query.shopper, item), 0)
    most = np.argsort(-added, kind="stable")[: min(SHOWN, np.count_nonzero(added))]
    ids = [query.model.items.ids[earlier] for earlier in query.shopper.history.items[most].tolist()]
    deeds = [deed_of(profiles_of(query.shopper), int(query.shopper.history.items[entry])) for entry in most]
    return [
        EarlierItem(item_id, catalogue.name(item_id), deed and deed.kind.value, deed and deed.last, share)
        for item_id, deed, share in zip(ids, deeds, (added[most] / added.sum()).tolist(), strict=True)
    ]
