"""Why a shopper sees an item or does not: the way of one candidate, from the sources to its place on the shelf."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.reasons import Catalogue, in_words
from aisle.app.serving.shelf import name_of
from aisle.engine.ranking.explain import deed_of, reasons, shares
from aisle.engine.ranking.funnel import Funnel, Proposal, Weighed, funnel
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.engine.ranking.profile import as_of, to_query
from aisle.engine.shelf.attributes import ItemAttributes, attributes_of_rows
from aisle.engine.shelf.filters import Drop, RequestContext, dropped
from aisle.engine.shelf.reranking import shelve
from aisle.engine.shelf.rules import BoundRules, Rules, bind, with_pins
from aisle.recommenders.base import Recommender, Retrieves
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop import moments
from aisle.shop.errors import NotFound
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage.events import EventRow
from aisle.storage.items import ItemRow

Ints = NDArray[np.int32]

TELLING: Final = 10
"""So many features, and so many earlier items, are told: those that matter most."""


class Speaks(msgspec.Struct, frozen=True):
    """An earlier item of the shopper that speaks for the item."""

    item_id: str
    name: str
    event: str | None
    """What the shopper did with it that says most."""
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
    placement: str | None
    model: str
    model_version: int
    proposals: list[Proposal]
    candidates: int
    """How many items survived the cut and are ranked."""
    chance: float | None
    """How likely it is wanted, by its ranks in the sources alone; null where none proposes it, or one model is all."""
    rank: int | None
    """From 1, among the candidates; null where it did not survive the cut."""
    score: float | None
    """What it was ranked by."""
    dropped_by: str | None
    """The rule that keeps it off the shelf."""
    place: int | None
    """From 1, on a shelf of n."""
    n: int
    reason: str | None
    """In the words of a shelf; null where nothing recommends it."""
    speaks: list[Speaks]
    features: list[Weighed]

    @property
    def verdict(self) -> str:
        """What became of it, in one line."""
        if self.dropped_by is not None:
            return f"left out by the rule {self.dropped_by}"
        if self.place is not None:
            return f"stands on place {self.place}"
        if self.rank is not None:
            return f"ranks {self.rank} of {self.candidates}, behind the {self.n} places of the shelf"
        if any(one.proposed for one in self.proposals):
            return f"proposed, but not among the {self.candidates} likeliest candidates"
        return "not proposed"


def why(
    model: LiveModel,
    personal: Retrieves,
    profile: Sequence[EventRow],
    catalogue: Catalogue,
    user_id: str,
    item_id: str,
    *,
    placement: str | None = None,
    rules: Rules | None = None,
    n: int = 10,
) -> Why:
    """Return the way of one item to one shopper's shelf.

    Parameters
    ----------
    model
        The live one.
    personal
        What ranks for the shopper.
    profile
        The shopper's newest events.
    catalogue
        What the shop says of its items.
    user_id, item_id
        Who and what.
    placement, rules
        Where the shelf stands, and its rules; without them, the personal shelf without any.
    n
        How long the shelf is.

    Raises
    ------
    NotFound
        If the model does not know the item, or nothing of the shopper.
    """
    number = model.items.number(item_id)
    if number == UNKNOWN:
        raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
    query = to_query(profile, model.items, model.weights, as_of(profile, model.data_end))
    if len(query.history.items) == 0:
        raise NotFound(f"the live model knows nothing of user {user_id!r}, whose shelf is the popular one")
    assert isinstance(personal, (Hybrid, Recommender))  # noqa: S101  there is nothing else that retrieves
    way = funnel(personal, query, number, _others_disliked(query, number))
    numbers = {number, *way.items.tolist(), *query.history.items.tolist()}
    rows = catalogue([model.items.ids[one] for one in numbers])
    ruling = _ruled(model, way, number, rows, bind(rules or Rules(), model.items), query, n)
    alone = np.array([number], np.int32)
    reason = reasons(personal, query, alone)[0]
    return Why(
        user_id=user_id,
        item_id=item_id,
        name=name_of(item_id, rows.get(item_id)),
        placement=placement,
        model=personal.name if isinstance(personal, Recommender) else model.recipe.model,
        model_version=model.version,
        proposals=list(way.proposals),
        candidates=len(way.items),
        chance=way.chance,
        rank=way.rank,
        score=way.score,
        available=ruling.available,
        dropped_by=ruling.dropped_by,
        place=ruling.place,
        n=n,
        reason=None if reason is None else in_words([reason], model, alone, catalogue)[0],
        speaks=[] if reason is None else _speaking(reason.source, personal, query, number, model, rows),
        features=list(way.features[:TELLING]),
    )


class _Ruling(NamedTuple):
    """What the rules make of the item."""

    available: bool
    dropped_by: str | None
    place: int | None


def _ruled(
    model: LiveModel,
    way: Funnel,
    number: int,
    rows: Mapping[str, ItemRow],
    rules: BoundRules,
    query: QueryBatch,
    n: int,
) -> _Ruling:
    """Put the candidates on a shelf, and look what becomes of the item; one that is no candidate is judged alone."""
    profiles = profiles_of(query)
    bought = profiles.kind == KIND_CODES[EventKind.PURCHASE]
    context = RequestContext(
        now=moments.now(),
        left_out=query.history.items[query.weights < 0],
        bought=profiles.item[bought],
        bought_at=profiles.timestamp[bought],
    )
    candidates, scores = with_pins(way.items, way.scores.astype(np.float32), rules)

    def attributes(of: Ints) -> ItemAttributes:
        known = [rows.get(model.items.ids[one]) for one in of.tolist()]
        return attributes_of_rows(known, context.now, model.sales_per_day[of], model.tail[of], model.usual_cover)

    alone = np.array([number], np.int32)
    drop = Drop(int(dropped(alone, attributes(alone), rules, context)[0]))
    contents = None if model.contents is None else model.contents[candidates]
    shelved = shelve(candidates, scores, attributes(candidates), rules, n, context, contents)
    by_rules = shelved.why_dropped(candidates)
    dropped_by = None if drop is Drop.KEPT else drop.rule
    place = np.flatnonzero(shelved.items == number)
    return _Ruling(
        available=bool(attributes(alone).available[0]),
        dropped_by=by_rules.get(number, dropped_by),
        place=1 + int(place[0]) if len(place) else None,
    )


def _others_disliked(query: QueryBatch, number: int) -> ItemLists | None:
    """Return what the history speaks against, which no source is asked about, but for the item itself."""
    disliked = np.setdiff1d(query.history.items[query.weights < 0], [number])
    return ItemLists(np.array([0, len(disliked)]), disliked) if len(disliked) else None


def _speaking(
    carrying: str,
    personal: Hybrid | Recommender[Any],
    query: QueryBatch,
    number: int,
    model: LiveModel,
    rows: Mapping[str, ItemRow],
) -> list[Speaks]:
    """Return the earlier items that speak for the item in the source that carries it, the loudest first."""
    source = personal.sources[carrying].recommender if isinstance(personal, Hybrid) else personal
    added = np.maximum(shares(source, query, number), 0)
    told = []
    for entry in np.argsort(-added, kind="stable")[: min(TELLING, np.count_nonzero(added))]:
        earlier = int(query.history.items[entry])
        deed, one = deed_of(profiles_of(query), earlier), model.items.ids[earlier]
        share = float(added[entry] / added.sum())
        told.append(Speaks(one, name_of(one, rows.get(one)), deed and deed.kind.value, deed and deed.last, share))
    return told
