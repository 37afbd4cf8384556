"""How placements are filled: a function per strategy, which yields what it finds and then what may stand in for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.app.recipe import BASELINE, CO_PURCHASE, TRENDING
from aisle.app.serving.live_model import LiveModel
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.shelf.fallback import Floats, Found, Ints
from aisle.recommenders.implicit.co_purchase import CoPurchase
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.similar import similar as most_similar
from aisle.shop.errors import InputError
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

MIN_BUYERS: Final = 5
"""What so many different shoppers bought together is often bought together; by fewer, it is somebody's purchase."""

VIEWS: Final = (EventKind.VIEW_ITEM, EventKind.SELECT_ITEM)
"""What looking at an item is."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a shelf is asked for.

    Attributes
    ----------
    model
        What knows.
    query
        The shopper, alone; they may have no history.
    left_out
        Items that are out of the question, a list.
    item
        The item of the page, or `UNKNOWN`.
    cart
        What is in the cart, (items,).
    viewed
        What the shopper viewed, each item once and the newest first, (items,); not all need be the model's.
    newest
        Gives so many of the catalogue's newest items, newest first; not all need be the model's.
    many
        So many candidates are enough.
    objective
        What the shelf is for; None: what the model is for.
    """

    model: LiveModel
    query: QueryBatch
    left_out: ItemLists
    item: int
    cart: Ints
    viewed: Ints
    newest: Callable[[int], Ints]
    many: int
    objective: Objective | None = None


Strategy = Callable[[Asked], Iterator[Found]]


def candidates(strategy: str, asked: Asked) -> Iterator[Found]:
    """Yield what a strategy, or a model of that name, finds for a shelf, and after it what may stand in.

    Raises
    ------
    NoModel
        If there is no such strategy, and no such model was to be trained.
    InputError
        If it needs an item that the request does not name.
    """
    if strategy in STRATEGIES:
        return STRATEGIES[strategy](asked)
    return _by_model(asked, asked.model.retrieval(strategy, asked.objective))


def retrieval_of(strategy: str, model: LiveModel, objective: Objective | None = None) -> Retrieval | None:
    """Return the model that a strategy is, to be asked about many shoppers at once; None if it is more than that.

    Raises
    ------
    NoModel
        If there is no such strategy, and no such model was to be trained.
    """
    if strategy == personal.__name__:
        return model.retrieval(objective=objective)
    return None if strategy in STRATEGIES else model.retrieval(strategy, objective)


def popular_items(asked: Asked, many: int) -> Ints:
    """Return so many of the most popular items that are not out of the question."""
    ranked: Ints = asked.model.popular.retrieve(asked.query, many, asked.left_out).items[0]
    return ranked[ranked >= 0]


def personal(asked: Asked) -> Iterator[Found]:
    """Yield what the personal model ranks for the shopper."""
    return _by_model(asked, asked.model.retrieval(objective=asked.objective))


def bestsellers(asked: Asked) -> Iterator[Found]:
    """Yield what everybody buys."""
    return _by_model(asked, asked.model.retrieval(BASELINE))


def trending(asked: Asked) -> Iterator[Found]:
    """Yield what rises."""
    return _by_model(asked, asked.model.retrieval(TRENDING))


def similar(asked: Asked) -> Iterator[Found]:
    """Yield what is like the item of the page."""
    _check_item(asked, "similar")
    yield from _alike(asked, asked.item)
    yield _popular(asked, "popular_instead")


def bought_together(asked: Asked) -> Iterator[Found]:
    """Yield what several shoppers bought together with the item of the page."""
    _check_item(asked, "bought_together")
    yield from _found(*_partners(asked, np.array([asked.item], np.int32)), filled=False)
    yield from _alike(asked, asked.item, "similar_instead")
    yield _popular(asked, "popular_instead")


def cart(asked: Asked) -> Iterator[Found]:
    """Yield what goes with everything in the cart."""
    yield from _found(*_partners(asked, asked.cart))
    for found in personal(asked):
        yield Found(found.items, found.scores, found.fallback or "personal_instead")


def because_you_viewed(asked: Asked) -> Iterator[Found]:
    """Yield what is like the item that the shopper viewed last, or dealt with last, in a shop that records no views."""
    known = asked.viewed[asked.viewed < len(asked.model.items)]
    liked = asked.query.history.items[asked.query.weights > 0]
    last = np.concatenate((known[:1], liked[-1:]))
    if len(last):
        item = int(last[0])
        for found in _alike(asked, item):
            yield Found(found.items, found.scores, found.fallback, because=item)
    yield _popular(asked, "popular")


def buy_it_again(asked: Asked) -> Iterator[Found]:
    """Yield what the shopper took before and is due: when about the time has passed after which people come back."""
    yield from _found(*_due(asked), filled=False)
    yield _popular(asked, "popular_instead")


def new_arrivals(asked: Asked) -> Iterator[Found]:
    """Yield what the shop has had for the shortest time: by `available_from`, or by first events if nothing has it."""
    items = asked.newest(asked.many)
    state = asked.model.state
    if len(items) == 0 and state is not None:
        items = np.argsort(-state.first_, kind="stable")[: asked.many].astype(np.int32)
    yield from _found(items, _unscored(items), filled=False)
    yield _popular(asked, "popular_instead")


def recently_viewed(asked: Asked) -> Iterator[Found]:
    """Yield what the shopper looked at, the newest first."""
    yield from _found(asked.viewed, _unscored(asked.viewed), filled=False)
    yield _popular(asked, "popular_instead")


STRATEGIES: Final[dict[str, Strategy]] = {
    one.__name__: one
    for one in (
        personal,
        similar,
        bought_together,
        cart,
        because_you_viewed,
        buy_it_again,
        trending,
        bestsellers,
        new_arrivals,
        recently_viewed,
    )
}


# --- Pieces -----------------------------------------------------------------------------------------------------------


def _check_item(asked: Asked, strategy: str) -> None:
    if asked.item == UNKNOWN:
        raise InputError(f"strategy {strategy!r} needs the item that the page is about; add item_id")


def _found(items: Ints, scores: Floats, fallback: str | None = None, *, filled: bool = True) -> Iterator[Found]:
    """Yield what was found, if anything was."""
    if len(items):
        yield Found(items, scores, fallback, filled=filled)


def _by_model(asked: Asked, retrieval: Retrieval | None) -> Iterator[Found]:
    """Yield what a model ranks for the shopper; the popular items if it knows nothing of them, or is not there."""
    if retrieval is None:
        yield _popular(asked, "popular_instead")
        return
    ranked, impersonal = retrieval.own(asked.query, asked.many, asked.left_out)
    if not impersonal[0]:
        shown = ranked.items[0] >= 0
        yield Found(ranked.items[0, shown], ranked.scores[0, shown])
    yield _popular(asked, "popular")


def _popular(asked: Asked, fallback: str | None = None) -> Found:
    ranked = asked.model.popular.retrieve(asked.query, asked.many, asked.left_out)
    shown = ranked.items[0] >= 0
    return Found(ranked.items[0, shown], ranked.scores[0, shown], fallback)


def _alike(asked: Asked, item: int, fallback: str | None = None) -> Iterator[Found]:
    """Yield what is like an item, then what anybody bought together with it."""
    if not 0 <= item < len(asked.model.items):
        return
    if asked.model.directions is not None:
        ranked = most_similar(asked.model.directions, np.array([item], np.int32), asked.many)
        shown = ranked.items[0] >= 0
        yield from _found(ranked.items[0, shown], ranked.scores[0, shown], fallback)
    partners = _partners(asked, np.array([item], np.int32), 1)
    yield from _found(*partners, "bought_together_instead")


def _partners(asked: Asked, items: Ints, min_buyers: int = MIN_BUYERS) -> tuple[Ints, Floats]:
    """Return what was bought together with items, by the sum of the links, best first."""
    model = asked.model.recommender(CO_PURCHASE)
    known = items[(items >= 0) & (items < len(asked.model.items))]
    if len(known) == 0 or not isinstance(model, CoPurchase):
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    links = model.partners(known, model.config.neighbours, min_buyers)
    there = links.items >= 0
    partners, places = np.unique(links.items[there], return_inverse=True)
    scores = np.bincount(places, links.scores[there], len(partners)).astype(np.float32)
    scores[np.isin(partners, known)] = 0
    best = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores > 0)]
    return partners[best], scores[best]


def _due(asked: Asked) -> tuple[Ints, Floats]:
    """Return what the shopper took before, by liking × how many people come back for it × whether it is the time.

    With r, the days since it was last taken over the days after which people usually come back, an item is due as
    r · exp(1 - r): not at all at once, most at r = 1, and less and less for whoever has stopped taking it.
    """
    state, profile, history = asked.model.state, asked.query.profiles, asked.query.history.items
    if state is None or profile is None:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    taken = profile.kind == state.target_kind_[0]
    last = np.zeros(len(asked.model.items), np.int64)
    np.maximum.at(last, profile.item[taken], profile.timestamp[taken])
    items, liking = history[last[history] > 0], asked.query.weights[last[history] > 0]
    days: NDArray[np.float64] = (profile.now[0] - last[items]) / DAY
    passed = days / np.maximum(np.exp(state.interval_[items]), 1)
    scores = np.nan_to_num(liking * state.rebuyers_[items] * passed * np.exp(1 - passed)).astype(np.float32)
    best = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores > 0)]
    return items[best], scores[best]


def _unscored(items: Ints) -> Floats:
    return np.full(len(items), np.nan, np.float32)


def viewed_last(items: Ints, kinds: NDArray[np.int8]) -> Ints:
    """Return what was viewed, each item once, the newest first.

    Parameters
    ----------
    items, kinds
        Of events, the newest first, (events,).
    """
    views = items[np.isin(kinds, [KIND_CODES[kind] for kind in VIEWS])]
    return views[np.sort(np.unique(views, return_index=True)[1])]
