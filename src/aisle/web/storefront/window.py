"""What the storefront's pages show: cards, shelves, and what is known of the shopper."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Final

import msgspec

from aisle.app.serve import SIMILAR_PLACEMENT, Live
from aisle.app.serving.shelf import FALLBACKS, Shelf, name_of
from aisle.engine.proposals import SIMILAR_INSTEAD
from aisle.engine.recipe import PERSONAL
from aisle.engine.request import ShelfRequest
from aisle.shop.errors import InputError, NoModel, NotFound, StorageError
from aisle.storage.catalogue import items
from aisle.storage.catalogue.items import ItemRow
from aisle.storage.log.events import EventRow
from aisle.web.storefront import deeds
from aisle.web.storefront.deeds import Tastes
from aisle.web.storefront.visitor import Visitor

HOME: Final = (
    "recommended-for-you",
    "because-you-viewed",
    "buy-it-again",
    "trending",
    "new-arrivals",
    "recently-viewed",
)
"""The placements of the home page, in the order of precedence: an item stands on the first that has it."""

PRODUCT: Final = ("frequently-bought-together", "upsell", "similar-items", "recommended-for-you")
"""The placements of a product's page."""

CART: Final = ("cart", "recommended-for-you")
"""The placements of the cart."""

SHELF_ITEMS: Final = 12
_REPEATS: Final = frozenset({"recently-viewed"})
"""Placements that may show again what stands above."""

TITLES: Final[dict[str, str]] = {
    "recommended-for-you": "Picked for you",
    "because-you-viewed": "Because you looked at {}",
    "buy-it-again": "Buy it again",
    "trending": "Trending now",
    "new-arrivals": "New in the shop",
    "recently-viewed": "You looked at these",
    "bestsellers": "Bestsellers",
    "frequently-bought-together": "Often bought together",
    "similar-items": "More like this",
    "upsell": "A step up",
    "cart": "Goes with your cart",
}
"""The title of each placement; `{}` is the item that the shelf follows from."""

SOURCES: Final[dict[str, str]] = {
    "repeat": "What you come back to",
    "als": "Tastes like yours",
    "audience": "Shoppers who know what you know",
    "graph_filter": "Ways from item to item",
    "item_knn": "Items with the same shoppers",
    "popularity": "What sells",
    "co_purchase": "What is bought together",
    "sequential_rules": "What others went on to",
    "session_knn": "Visits like this one",
    "content": "Items described alike",
}
"""What shoppers read for the models that propose items."""

POPULAR: Final = "Popular in the shop"
"""The title of a shelf that popular items fill."""


class Card(msgspec.Struct, frozen=True):
    """An item as it stands on a page."""

    item_id: str
    name: str
    brand: str | None
    category: str | None
    image_url: str | None
    price: int | None
    currency: str | None
    average: float | None = None
    """The stars that shoppers gave it on average."""
    predicted: float | None = None
    """The stars that this shopper would give."""
    rated: int | None = None
    """The stars that this shopper gave."""
    wished: bool = False
    reason: str | None = None
    sold_out: bool = False


class ShelfView(msgspec.Struct, frozen=True, dict=True):
    """A shelf as it stands on a page."""

    placement: str
    title: str
    cards: list[Card]
    recommendation_id: str
    note: str | None
    """What people read if something else than the placement's strategy filled it."""
    ranked: bool
    """Whether the way of each item onto it can be told: the personal model ranks them."""

    @cached_property
    def version(self) -> str:
        """Return what differs if anything does that people see: a page that shows it already need not get it again."""
        seen = self.title, self.note, self.ranked, self.cards
        return blake2b(msgspec.json.encode(seen), digest_size=8).hexdigest()


class Knowledge(msgspec.Struct, frozen=True):
    """What the panel says of a shopper, and of who answered."""

    user_id: str
    is_new: bool
    events: int
    lines: list[tuple[EventRow, Card, str | None]]
    """What the shopper did last, newest first, and the kind of event that takes it back where that is possible."""
    tastes: Tastes
    model: int | None
    milliseconds: float
    note: str | None


class Shopper:
    """One request's view of the shop: a visitor, their history, and the catalogue as they see it."""

    def __init__(self, live: Live, visitor: Visitor) -> None:
        self.live = live
        self.visitor = visitor
        try:
            self.history = visitor.history(live)
        except StorageError:
            self.history = [deed.row() for deed in reversed(visitor.tried)]
        self.cart = deeds.cart(self.history)
        self.wishlist = deeds.wishlist(self.history)
        self._wished = frozenset(self.wishlist)
        self.stars = deeds.stars(self.history)

    # --- Items --------------------------------------------------------------------------------------------------------

    def rows(self, item_ids: Iterable[str]) -> Mapping[str, ItemRow]:
        """Return what the catalogue says of items."""
        return rows_of(self.live, item_ids)

    def cards(self, item_ids: Sequence[str]) -> list[Card]:
        """Return items as cards, in their order."""
        rows = self.rows(item_ids)
        return [self._card(item_id, rows.get(item_id)) for item_id in item_ids]

    def _card(self, item_id: str, row: ItemRow | None) -> Card:
        rated = self.stars.get(item_id)
        return Card(
            item_id,
            name_of(item_id, row),
            row.brand if row else None,
            row.category if row else None,
            row.image_url if row else None,
            row.price if row else None,
            row.currency if row else None,
            average=self.average(item_id),
            rated=None if rated is None else round(rated),
            wished=item_id in self._wished,
            sold_out=row is not None and (row.in_stock is False or row.stock == 0),
        )

    def average(self, item_id: str) -> float | None:
        """Return the stars that an item has on average, as of the last training; None in a shop without ratings."""
        try:
            model = self.live.model_watch.current()
        except (NoModel, StorageError):
            return None
        if model.state is None or item_id not in model.items:
            return None
        stars = float(model.state.stars_[model.items.numbers([item_id])[0]])
        return None if stars != stars else stars  # NaN

    # --- Shelves ------------------------------------------------------------------------------------------------------

    def shelves(self, placements: Sequence[str], item_id: str | None = None) -> tuple[list[ShelfView], list[Shelf]]:
        """Return the shelves of a page, each item once; one that cannot be filled, or is empty, is left out.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        """
        model, profile = self.live.model_watch.current(), self.live.profiles.of(self.visitor.user_id, None)
        seen: set[str] = set()
        shown: list[Shelf] = []
        held_out: list[Shelf] = []
        popular = False
        for placement in placements:
            try:
                request = self._request(placement, item_id, SHELF_ITEMS + len(seen))
                shelf = self.live.filled(request, profile, model)
            except (NoModel, NotFound, InputError):
                continue
            if shelf.holdout:
                held_out.append(shelf)
            new = [item for item in shelf.items if placement in _REPEATS or item.item_id not in seen][:SHELF_ITEMS]
            stands_below = shelf.fallback == SIMILAR_INSTEAD.name and SIMILAR_PLACEMENT in placements
            if not new or stands_below or (shelf.fallback and popular):
                continue
            popular = popular or bool(shelf.fallback and "popular" in shelf.fallback)
            seen.update(item.item_id for item in new)
            shown.append(msgspec.structs.replace(shelf, items=new))
        rows = self.rows(seen)
        return [self._view(shelf, rows) for shelf in shown], [*shown, *held_out]

    def note_shown(self, answers: Iterable[Shelf], placements: Collection[str]) -> None:
        """Note which shelves the shopper gets to see. Nobody shops in the preview of a real shop."""
        for shelf in answers:
            if self.live.settings.shop.simulated and (shelf.holdout or shelf.placement in placements):
                self.live.note_shown(shelf, self._request(shelf.placement, None, SHELF_ITEMS))

    def _request(self, placement: str, item_id: str | None, n: int) -> ShelfRequest:
        return ShelfRequest(
            user_id=self.visitor.user_id,
            placement=placement,
            item_id=item_id,
            cart=tuple(self.cart),
            n=n,
            explain=True,
            tried=self.visitor.profile(),
        )

    def _view(self, shelf: Shelf, rows: Mapping[str, ItemRow]) -> ShelfView:
        cards = [
            msgspec.structs.replace(
                self._card(item.item_id, rows.get(item.item_id)),
                predicted=None if item.predicted_rating is None else round(item.predicted_rating, 1),
                reason=item.reason,
            )
            for item in shelf.items
        ]
        popular = shelf.fallback is not None and "popular" in shelf.fallback
        title = POPULAR if popular else TITLES.get(shelf.placement, shelf.placement.replace("-", " ").capitalize())
        leader = shelf.because.name if shelf.because else "this"
        note = FALLBACKS[shelf.fallback] if shelf.fallback else None
        ranked = note is None and self.live.placements[shelf.placement].strategy.model == PERSONAL
        return ShelfView(shelf.placement, title.format(leader), cards, shelf.recommendation_id, note, ranked)

    # --- What is known ------------------------------------------------------------------------------------------------

    def knowledge(self, answers: Sequence[Shelf], started: float, n: int = 12) -> Knowledge:
        """Return what is known of the shopper, and who answered in how many milliseconds since `started`."""
        rows = self.rows(event.item_id for event in self.history[:200])
        undo = deeds.undoing(self.history)
        lines = [
            # Each thing is taken back once, where it was done last.
            (event, self._card(event.item_id, rows.get(event.item_id)), undo.pop((event.item_id, event.kind), None))
            for event in self.history[:n]
        ]
        first = answers[0] if answers else None
        return Knowledge(
            self.visitor.user_id,
            self.visitor.is_new,
            len(self.history),
            lines,
            deeds.tastes(self.history[:200], rows),
            first.model_version if first else None,
            (time.perf_counter() - started) * 1000,
            FALLBACKS[first.fallback] if first and first.fallback else None,
        )


def rows_of(live: Live, item_ids: Iterable[str]) -> Mapping[str, ItemRow]:
    """Return what the catalogue says of items; nothing while the database is away."""
    try:
        return items.get(live.db, list(dict.fromkeys(item_ids)))
    except StorageError:
        return {}
