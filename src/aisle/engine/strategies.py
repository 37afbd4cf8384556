"""How placements are filled: one record per strategy, with the function that yields what it proposes.

A function yields its proposals in the order of preference: first the strategy's own, then the fallbacks.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from aisle.engine.proposals import (
    BOUGHT_TOGETHER_INSTEAD,
    BOUGHT_WITH_CATEGORY,
    NOTHING_SIMILAR,
    PERSONAL_INSTEAD,
    POPULAR,
    POPULAR_INSTEAD,
    SIMILAR_INSTEAD,
    Fallback,
    Floats,
    Ints,
    Proposal,
)
from aisle.engine.query import SPARE, ShelfQuery
from aisle.engine.recipe import BASELINE, PERSONAL
from aisle.engine.related import CO_PURCHASE, MIN_SHOPPERS, best, dearest, partners, partners_of_category, step_ups
from aisle.recommenders.similar import similar as most_similar
from aisle.shop.errors import InputError
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

TRENDING: Final = "trending"
"""The model of what gains popularity."""

NEW_ARRIVALS: Final = "new_arrivals"
"""The strategy that asks the catalogue what is new."""

NEAREST: Final = 50
"""So many similar items are enough for a short shelf where no rule leaves out most of them: of more, far more have to
be compared."""

DISCOVERY: Final = {"seen_share": 0.3, "repeat_share": "auto"}
"""The rules of a shelf that shows shoppers what they do not know yet, and what they know in a measure."""

Propose = Callable[[ShelfQuery], Iterator[Proposal]]


@dataclass(frozen=True)
class Strategy:
    """A way to fill a placement.

    Attributes
    ----------
    name
        What it is called in `aisle.toml`.
    propose
        Yields what it proposes, and then the fallbacks.
    about
        What its shelf is for: a shopper, the item of a page, or a cart. Only shelves of shoppers are filled in batch;
        all are measured offline, those of items and carts by baskets.
    placement
        The standard placement that it fills; None for a model, which a shop names in its settings.
    model
        The model that ranks, if nothing else does, so that it can rank for many shoppers at once; None otherwise.
    needs
        The models that are trained for it, beside the personal and the popular one.
    reason
        The reason of each item; `{}` is the item that the shelf follows from. None: the reasons of the model.
    fallbacks
        The fallbacks that it may yield.
    same_for_all
        Whether it asks nothing of a shopper but which items are excluded.
    rules
        The rules of its placements (`engine.shelf.rules.Rules`), where `aisle.toml` says nothing else.
    """

    name: str
    propose: Propose
    about: Literal["shopper", "item", "cart"] = "shopper"
    placement: str | None = None
    model: str | None = None
    needs: tuple[str, ...] = ()
    reason: str | None = None
    fallbacks: tuple[Fallback, ...] = (POPULAR, POPULAR_INSTEAD)
    same_for_all: bool = False
    rules: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_batch(self) -> bool:
        """Whether it fills the shelves of many shoppers, with no page and no cart."""
        return self.about == "shopper"


def strategy_named(name: str) -> Strategy:
    """Return a strategy by its name; any other name is that of a model."""
    return STRATEGIES.get(name) or Strategy(name, partial(_by_model, model=name), model=name, needs=(name,))


# --- Strategies -------------------------------------------------------------------------------------------------------


def _by_model(query: ShelfQuery, model: str) -> Iterator[Proposal]:
    """Yield what a model ranks for the shopper; popular items if it knows nothing of them, or was not trained."""
    retrieval = query.model.retrieval(model, query.objective)
    if retrieval is None:
        yield popular_items(query, POPULAR_INSTEAD)
        return
    shelf, impersonal = retrieval.own(query.shopper, query.n_candidates, query.excluded)
    if not impersonal[0]:
        yield Proposal.of_row(shelf, 0)
    yield popular_items(query, POPULAR)


def _similar(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield items similar to the item of the page."""
    _check_item(query, "similar")
    yield from _similar_to(query, query.item)
    yield popular_items(query, NOTHING_SIMILAR if query.model.directions is None else POPULAR_INSTEAD)


def _bought_together(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield what several shoppers bought together with the item of the page."""
    _check_item(query, "bought_together")
    yield from _proposed(*partners(query, np.array([query.item], np.int32)), may_be_filled=False)
    yield from _proposed(*partners_of_category(query, query.item), BOUGHT_WITH_CATEGORY, may_be_filled=False)
    yield from _similar_to(query, query.item, SIMILAR_INSTEAD)
    yield popular_items(query, POPULAR_INSTEAD)


def _upsell(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield items like the item of the page, or like the dearest one of the cart, that are a step up from it."""
    item = query.item if query.item != UNKNOWN else dearest(query, query.cart)
    if item == UNKNOWN and len(query.cart) == 0:
        _check_item(query, "upsell")
    yield from _proposed(*step_ups(query, item), may_be_filled=False)
    yield popular_items(query, POPULAR_INSTEAD)


def _cart(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield what goes with everything in the cart, and otherwise what suits the shopper, known by the cart at least."""
    yield from _proposed(*partners(query, query.cart))
    for proposal in _by_model(query.with_cart(), PERSONAL):
        yield Proposal(proposal.items, proposal.scores, proposal.fallback or PERSONAL_INSTEAD)


def _because_you_viewed(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield items similar to the one that the shopper viewed last; without views, to the last one of the history."""
    viewed = query.viewed[query.viewed < len(query.model.items)]
    liked = query.shopper.history.items[query.shopper.weights > 0]
    last = np.concatenate((viewed[:1], liked[-1:]))
    if len(last):
        item = int(last[0])
        yield from _similar_to(query, item, because=item)
    yield popular_items(query, POPULAR)


def _buy_it_again(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield what the shopper bought before and is due: when about the time has passed after which people rebuy."""
    yield from _proposed(*_due(query), may_be_filled=False)
    yield popular_items(query, POPULAR_INSTEAD)


def _new_arrivals(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield the newest items of the shop: by `available_from`, or by their first events if no item has that."""
    items, state = query.catalogue.newest(query.n_candidates), query.model.state
    if len(items) == 0 and state is not None:
        items = np.argsort(-state.first_, kind="stable")[: query.n_candidates].astype(np.int32)
    yield from _proposed(items, _unscored(items), may_be_filled=False)
    yield popular_items(query, POPULAR_INSTEAD)


def _recently_viewed(query: ShelfQuery) -> Iterator[Proposal]:
    """Yield what the shopper looked at, newest first."""
    yield from _proposed(query.viewed, _unscored(query.viewed), may_be_filled=False)
    yield popular_items(query, POPULAR_INSTEAD)


STRATEGIES: Final[dict[str, Strategy]] = {
    strategy.name: strategy
    for strategy in (
        Strategy(
            "personal",
            partial(_by_model, model=PERSONAL),
            placement="recommended-for-you",
            model=PERSONAL,
            rules=DISCOVERY | {"fatigue": 3},
        ),
        Strategy(
            "similar",
            _similar,
            about="item",
            placement="similar-items",
            needs=(CO_PURCHASE,),
            reason="like {}",
            fallbacks=(BOUGHT_TOGETHER_INSTEAD, POPULAR_INSTEAD, NOTHING_SIMILAR),
            same_for_all=True,
        ),
        Strategy(
            "bought_together",
            _bought_together,
            about="item",
            placement="frequently-bought-together",
            needs=(CO_PURCHASE,),
            reason="often bought with {}",
            fallbacks=(BOUGHT_WITH_CATEGORY, SIMILAR_INSTEAD, BOUGHT_TOGETHER_INSTEAD, POPULAR_INSTEAD),
            same_for_all=True,
        ),
        Strategy(
            "upsell",
            _upsell,
            about="item",
            placement="upsell",
            reason="a step up",
            fallbacks=(POPULAR_INSTEAD,),
            same_for_all=True,
        ),
        Strategy(
            "cart",
            _cart,
            about="cart",
            placement="cart",
            needs=(CO_PURCHASE,),
            reason="goes with what is in the cart",
            fallbacks=(PERSONAL_INSTEAD, POPULAR),
        ),
        Strategy(
            "because_you_viewed",
            _because_you_viewed,
            placement="because-you-viewed",
            needs=(CO_PURCHASE,),
            reason="because you viewed {}",
            fallbacks=(BOUGHT_TOGETHER_INSTEAD, POPULAR),
        ),
        Strategy(
            "buy_it_again",
            _buy_it_again,
            placement="buy-it-again",
            reason="you bought it before",
            fallbacks=(POPULAR_INSTEAD,),
        ),
        Strategy(
            TRENDING,
            partial(_by_model, model=TRENDING),
            placement="trending",
            model=TRENDING,
            needs=(TRENDING,),
            reason="trending now",
            same_for_all=True,
        ),
        Strategy(
            "bestsellers",
            partial(_by_model, model=BASELINE),
            placement="bestsellers",
            model=BASELINE,
            needs=(BASELINE,),
            same_for_all=True,
        ),
        Strategy(
            NEW_ARRIVALS,
            _new_arrivals,
            placement="new-arrivals",
            reason="new in the shop",
            fallbacks=(POPULAR_INSTEAD,),
        ),
        Strategy(
            "recently_viewed",
            _recently_viewed,
            placement="recently-viewed",
            reason="you looked at it",
            fallbacks=(POPULAR_INSTEAD,),
        ),
    )
}
"""The strategies by name."""


# --- Pieces -----------------------------------------------------------------------------------------------------------


def popular_items(query: ShelfQuery, fallback: Fallback) -> Proposal:
    """Return the popular items as a fallback."""
    return Proposal.of_row(query.model.popular.retrieve(query.shopper, query.n_candidates, query.excluded), 0, fallback)


def _check_item(query: ShelfQuery, strategy: str) -> None:
    if query.item == UNKNOWN:
        raise InputError(f"strategy {strategy!r} needs the item that the page is about; add item_id")


def _proposed(
    items: Ints,
    scores: Floats,
    fallback: Fallback | None = None,
    *,
    because: int = UNKNOWN,
    may_be_filled: bool = True,
) -> Iterator[Proposal]:
    """Yield a proposal, unless it is empty."""
    if len(items):
        yield Proposal(items, scores, fallback, because, may_be_filled)


def _similar_to(
    query: ShelfQuery, item: int, fallback: Fallback | None = None, because: int = UNKNOWN
) -> Iterator[Proposal]:
    """Yield the items most similar to one, then those that anybody bought together with it."""
    if not 0 <= item < len(query.model.items):
        return
    items, directions = np.array([item], np.int32), query.model.directions
    if directions is not None:

        def nearest(n: int) -> Proposal:
            return replace(Proposal.of_row(most_similar(directions, items, n), 0, fallback), because=because)

        enough = min(max(NEAREST, SPARE * query.n), query.n_candidates)
        few = nearest(enough)
        if len(few.items):
            may_be_more = len(few.items) == enough < query.n_candidates
            yield replace(few, more=partial(nearest, query.n_candidates)) if may_be_more else few
    yield from _proposed(*partners(query, items, MIN_SHOPPERS), BOUGHT_TOGETHER_INSTEAD, because=because)


def _due(query: ShelfQuery) -> tuple[Ints, Floats]:
    """Return the earlier purchases that are due, by liking × share of shoppers who rebuy the item × how due it is.

    Let r be the days since the last purchase divided by the days after which people usually rebuy. An item is due by
    r · exp(1 - r): highest at r = 1, and falling again for a shopper who has stopped.
    """
    state, rebuying, profile = query.model.state, query.model.rebuying, query.shopper.profiles
    if state is None or rebuying is None or profile is None:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    bought = profile.kind == state.target_kind_[0]
    last = np.zeros(len(query.model.items), np.int64)
    np.maximum.at(last, profile.item[bought], profile.timestamp[bought])
    owned = last[query.shopper.history.items] > 0
    items, liking = query.shopper.history.items[owned], query.shopper.weights[owned]
    days: NDArray[np.float64] = (query.shopper.now - last[items]) / DAY
    ratio = days / np.maximum(rebuying.interval_[items], 1)
    score = np.where(rebuying.due(items, days), liking * rebuying.rate_[items] * ratio * np.exp(1 - ratio), 0)
    return best(items, score.astype(np.float32))


def _unscored(items: Ints) -> Floats:
    return np.full(len(items), np.nan, np.float32)
