"""A request in a model's numbers: the shopper, the page and the cart, and where to look items up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from aisle.engine.dealings import Dealings, RecentEvents
from aisle.engine.model import TrainedModel
from aisle.engine.ranking.candidates import MAX_CANDIDATES
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import profiles_of
from aisle.engine.ranking.profile import EventArrays, as_of
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_rows
from aisle.engine.shelf.fatigue import Shown, tired
from aisle.engine.shelf.filters import RequestContext
from aisle.engine.vocabulary import RequestVocabulary
from aisle.prepare.profiles import Profiles
from aisle.recommenders.query import ItemLists, QueryBatch, queries_of
from aisle.recommenders.second_stage.rebuying import JUST_BOUGHT
from aisle.shop.events import KIND_CODES, EventKind, ProfileEvent
from aisle.shop.ids import UNKNOWN, among
from aisle.shop.moments import DAY

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

SPARE: Final = 4
"""A strategy proposes so many times the items that are shown, as rules drop some."""


class Catalogue(Protocol):
    """What the shop says of its items at the moment of a request."""

    @property
    def vocabulary(self) -> RequestVocabulary:
        """The item numbers of all methods."""

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return what is known of items."""

    def listed(self, items: Ints) -> Flags:
        """Return which items the shop sells at all: not a typing error, and not what it no longer lists."""

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first."""

    def withdraw(self, items: Ints) -> bool:
        """Note which items that `attributes` calls available cannot be sold at this moment; return whether any."""


@dataclass(frozen=True, eq=False)
class NoCatalogue:
    """A catalogue without attributes: for a moment of the past, and where there is no database.

    Attributes
    ----------
    vocabulary
        The item numbers.
    new_items
        The newest items, newest first.
    """

    vocabulary: RequestVocabulary
    new_items: Ints

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return unknown attributes; every item is available."""
        return attributes_of_rows([None] * len(items), now=0)

    def listed(self, items: Ints) -> Flags:
        """Return which items the model knows."""
        return items < self.vocabulary.known

    def newest(self, n: int) -> Ints:
        """Return the n newest items."""
        return self.new_items[:n]

    def withdraw(self, items: Ints) -> bool:  # noqa: ARG002
        """Return False: every item is available."""
        return False


@dataclass(frozen=True, eq=False)
class ShelfQuery:
    """A request in a model's numbers.

    Attributes
    ----------
    catalogue
        Where items are looked up.
    shopper
        The shopper as a query of one; they may have no history.
    context
        What the rules need to know of the request.
    viewed
        What the shopper viewed, each item once, newest first, (items,); the model need not know all of them.
    item
        The item of the page, or `UNKNOWN`.
    objective
        What the shelf is for; None: what the model is for.
    """

    model: TrainedModel
    catalogue: Catalogue
    shopper: QueryBatch
    context: RequestContext
    viewed: Ints
    item: int
    cart: Ints
    n: int
    objective: Objective | None = None

    @classmethod
    def of_events(
        cls,
        request: ShelfRequest,
        events: Sequence[ProfileEvent],
        model: TrainedModel,
        catalogue: Catalogue,
        objective: Objective | None = None,
    ) -> Self:
        """Read a request together with the shopper's events, newest first."""
        arrays = EventArrays.of(events, catalogue.vocabulary.numbers)
        profiles = arrays.profiles(len(model.items), as_of(events, model.data_end))
        shopper = queries_of(profiles, model.weights)
        recent = RecentEvents(arrays.item, arrays.kind, arrays.rating, arrays.timestamp)
        dealings = Dealings.of(recent, model.weights)
        (not_due,) = _not_due([dealings], model, shopper.now)
        return cls._of(request, shopper, dealings, not_due, model, catalogue, objective)

    @classmethod
    def of_shoppers(
        cls,
        request: ShelfRequest,
        shoppers: QueryBatch,
        model: TrainedModel,
        catalogue: Catalogue,
        objective: Objective | None = None,
    ) -> list[Self]:
        """Read the same request for each of some shoppers, as queries that have their profiles."""
        each = Dealings.of_each(profiles_of(shoppers), model.weights)
        return [
            cls._of(request, shoppers.single(row), dealings, not_due, model, catalogue, objective)
            for row, (dealings, not_due) in enumerate(zip(each, _not_due(each, model, shoppers.now), strict=True))
        ]

    @classmethod
    def _of(
        cls,
        request: ShelfRequest,
        shopper: QueryBatch,
        dealings: Dealings,
        not_due: Ints,
        model: TrainedModel,
        catalogue: Catalogue,
        objective: Objective | None,
    ) -> Self:
        vocabulary = catalogue.vocabulary
        page = vocabulary.numbers([request.item_id] if request.item_id else [])
        cart = vocabulary.numbers(dict.fromkeys(request.cart))
        unwanted = vocabulary.numbers(dict.fromkeys(request.exclude_ids))
        disliked = shopper.history.items[shopper.weights < 0]
        context = RequestContext(
            now=shopper.now,
            excluded=np.concatenate(
                (disliked, dealings.cancelled, dealings.excluded(request.exclude), cart, page, unwanted)
            ),
            bought=dealings.bought,
            bought_at=dealings.bought_at,
            seen=dealings.seen,
            owned=dealings.owned,
            not_due=not_due,
            repeat_share=1.0 if model.rebuying is None else model.rebuying.allowed,
        )
        item = int(page[0]) if len(page) else UNKNOWN
        return cls(
            model,
            catalogue,
            without_liking(shopper, dealings.cancelled),
            context,
            dealings.viewed,
            item,
            cart,
            request.n,
            objective,
        )

    def with_cart(self) -> Self:
        """Return the same request, with the cart as the history of a shopper of whom nothing else is known."""
        known = self.cart[self.cart < len(self.model.items)]
        if len(self.shopper.history.items) or len(known) == 0:
            return self
        unknown = np.full(len(known), np.nan, np.float32)
        profiles = Profiles(
            indptr=np.array([0, len(known)]),
            item=known,
            kind=np.full(len(known), KIND_CODES[EventKind.ADD_TO_CART], np.int8),
            rating=unknown,
            price=unknown,
            timestamp=np.full(len(known), self.shopper.now, np.int64),
            now=np.array([self.shopper.now]),
        )
        return replace(self, shopper=queries_of(profiles, self.model.weights))

    def after(self, shown: Shown, visits: int, now: int) -> Self:
        """Return the same request of a shopper who was shown something before, of which some steps back.

        Parameters
        ----------
        visits
            How often in vain, as of the rule `fatigue`.
        now
            The moment of the request, in microseconds.
        """
        profile = profiles_of(self.shopper)
        back = tired(shown, profile.item, profile.timestamp, now, visits, self.model.half_life_days)
        return replace(self, context=self.context._replace(tired=back)) if len(back) else self

    @property
    def n_candidates(self) -> int:
        """How many candidates are enough."""
        return n_candidates(self.n)

    @cached_property
    def excluded(self) -> ItemLists:
        """The excluded items that the model knows, a list."""
        known = self.context.excluded[self.context.excluded < len(self.model.items)]
        return ItemLists.one(np.unique(known)) if len(known) else ItemLists.empty(1)

    def popular(self, n: int) -> Ints:
        """Return the n most popular items that are not excluded."""
        items: Ints = self.model.popular.retrieve(self.shopper, n, self.excluded).items[0]
        return items[items >= 0]


def n_candidates(n: int) -> int:
    """Return how many candidates are enough for a shelf of n."""
    return max(SPARE * n, MAX_CANDIDATES)


def without_liking(shopper: QueryBatch, items: Ints) -> QueryBatch:
    """Return a query of one in which some items say nothing of what the shopper likes."""
    if len(items) == 0:
        return shopper
    liked = among(shopper.history.items, items) & (shopper.weights > 0)
    return replace(shopper, weights=np.where(liked, np.float32(0), shopper.weights)) if liked.any() else shopper


def _not_due(each: Sequence[Dealings], model: TrainedModel, now: int) -> list[Ints]:
    """Return what each shopper owns and would not buy again just now; nothing for an old bundle, which cannot say."""
    if model.rebuying is None:
        return [dealings.owned[:0] for dealings in each]
    owned = np.concatenate([dealings.owned for dealings in each])
    owned_at = np.concatenate([dealings.owned_at for dealings in each])
    if len(owned) == 0:
        return [dealings.owned for dealings in each]
    not_due, known = np.ones(len(owned), np.bool_), owned < len(model.items)
    days = (now - owned_at[known]) / DAY
    not_due[known] = ~model.rebuying.due(owned[known], days, JUST_BOUGHT)
    bounds = accumulate((len(dealings.owned) for dealings in each), initial=0)
    return [dealings.owned[not_due[start:stop]] for dealings, (start, stop) in zip(each, pairwise(bounds), strict=True)]
