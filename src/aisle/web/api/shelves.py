"""Shelves: for a shopper or a session, and beside an item."""

from typing import Annotated, Final, Self

from msgspec import Meta, Struct, structs

from aisle.app.serve import SIMILAR_PLACEMENT, Live
from aisle.app.serving.placements import STANDARD
from aisle.app.serving.shelf import Because, Shelf, ShelfItem
from aisle.engine.request import MAIN_PLACEMENT, Exclude, ShelfRequest
from aisle.shop.errors import InputError
from aisle.shop.ids import check_id, check_optional_id
from aisle.shop.money import from_micros
from aisle.web.access.caller import Caller

MAX_SHELF: Final = 200
"""The longest shelf that a request may ask for."""

MAX_PLACEMENTS: Final = 12
"""The most placements that a page may name."""

MAX_CART: Final = 100
"""The most items that a cart may name."""

Length = Annotated[int, Meta(ge=1, le=MAX_SHELF, description="How many items.")]


class ShelfWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which shelf is wanted, and for whom. One of user_id and session_id is needed."""

    user_id: Annotated[str | None, Meta(description="The shopper; an unknown one gets the popular shelf.")] = None
    session_id: Annotated[str | None, Meta(description="The session; its events count from the first click.")] = None
    placement: Annotated[str, Meta(description=f"{', '.join(STANDARD)}, or another one of aisle.toml.")] = (
        MAIN_PLACEMENT
    )
    item_id: Annotated[str | None, Meta(description="The item that the page shows.")] = None
    cart: Annotated[tuple[str, ...], Meta(max_length=MAX_CART, description="The items in the cart.")] = ()
    n: Length = 10
    exclude: Annotated[Exclude, Meta(description="Items to exclude: none, those bought before, or all seen.")] = "none"
    explain: Annotated[bool, Meta(description="Whether each item has its reason.")] = False

    def request(self, caller: Caller) -> ShelfRequest:
        """Return the request of this caller.

        Raises
        ------
        InputError
            If an id is not valid, or nobody is named.
        Forbidden
            If the caller may not ask about this shopper.
        """
        for name in ("user_id", "session_id", "item_id"):
            check_optional_id(getattr(self, name), name)
        user_id, session_id = caller.visitor(self.user_id, self.session_id)
        if user_id is None and session_id is None:
            raise InputError("user_id is missing, and session_id too; name the shopper or the session")
        return ShelfRequest(
            user_id=user_id,
            session_id=session_id,
            placement=self.placement,
            item_id=self.item_id,
            cart=tuple(check_id(item_id, "cart") for item_id in self.cart),
            n=self.n,
            exclude=self.exclude,
            explain=self.explain,
        )


class PageWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which shelves a page wants, and for whom. One of user_id and session_id is needed."""

    placements: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=MAX_PLACEMENTS, description="The most important first: it keeps an item."),
    ]
    user_id: Annotated[str | None, Meta(description="The shopper.")] = None
    session_id: Annotated[str | None, Meta(description="The session.")] = None
    item_id: Annotated[str | None, Meta(description="The item that the page shows.")] = None
    cart: Annotated[tuple[str, ...], Meta(max_length=MAX_CART, description="The items in the cart.")] = ()
    n: Length = 10
    exclude: Annotated[Exclude, Meta(description="Items to exclude: none, those bought before, or all seen.")] = "none"
    explain: Annotated[bool, Meta(description="Whether each item has its reason.")] = False

    def request(self, caller: Caller) -> ShelfRequest:
        """Return the request of this caller for the first placement; errors as of `ShelfWanted.request`."""
        fields = structs.asdict(self)
        placements = fields.pop("placements")
        return ShelfWanted(placement=placements[0], **fields).request(caller)


class SimilarWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The item whose like are wanted."""

    item_id: Annotated[str, Meta(description="The item.")]
    n: Length = 10


class Item(Struct, frozen=True):
    """An item on a shelf, best first."""

    item_id: str
    name: str
    image_url: str | None
    price: Annotated[float | None, Meta(description="In units of the currency; null if the shop gave none.")]
    currency: str | None
    score: Annotated[
        float | None,
        Meta(
            description="Higher is better; comparable within one shelf only. Null for an item that fills the shelf up."
        ),
    ]
    predicted_rating: Annotated[
        float | None,
        Meta(description="The stars that the shopper would probably give; null in a shop without ratings."),
    ]
    reason: Annotated[
        str | None, Meta(description="Why it is recommended, for the shopper to read; null if there is no reason.")
    ]
    fallback: Annotated[
        str | None, Meta(description="What fills this place, if the placement's own strategy does not; else null.")
    ]

    @classmethod
    def from_shelf(cls, item: ShelfItem) -> Self:
        """Return an item of a shelf in the units of the API."""
        price = None if item.price is None else from_micros(item.price)
        return cls(
            item.item_id,
            item.name,
            item.image_url,
            price,
            item.currency,
            item.score,
            item.predicted_rating,
            item.reason,
            item.fallback,
        )


class Recommendations(Struct, frozen=True):
    """A shopper's shelf."""

    user_id: str | None
    session_id: str | None
    placement: str
    items: list[Item]
    recommendation_id: Annotated[str, Meta(description="Send it with the events that follow from this shelf.")]
    model_version: int | None
    fallback: Annotated[
        str | None, Meta(description="What was shown instead, if the placement had nothing to show; else null.")
    ]
    because: Annotated[
        Because | None, Meta(description="The item that the whole shelf is based on; null if there is none.")
    ]

    @classmethod
    def from_shelf(cls, user_id: str | None, session_id: str | None, shelf: Shelf) -> Self:
        """Return a shelf as the answer to a shopper or a session."""
        items = [Item.from_shelf(item) for item in shelf.items]
        return cls(
            user_id, session_id, shelf.placement, items,
            shelf.recommendation_id, shelf.model_version, shelf.fallback, shelf.because,
        )  # fmt: skip


class Page(Struct, frozen=True):
    """The shelves of a page, in the order of its placements; no item stands on two of them."""

    shelves: list[Recommendations]


class Similar(Struct, frozen=True):
    """The items most like an item."""

    item_id: str
    items: list[Item]
    recommendation_id: str
    model_version: int | None
    fallback: Annotated[
        str | None, Meta(description="What was shown instead, if there are no similar items; else null.")
    ]

    @classmethod
    def from_shelf(cls, item_id: str, shelf: Shelf) -> Self:
        """Return a shelf as the answer about an item."""
        items = [Item.from_shelf(item) for item in shelf.items]
        return cls(item_id, items, shelf.recommendation_id, shelf.model_version, shelf.fallback)


def recommendations(live: Live, caller: Caller, wanted: ShelfWanted) -> Recommendations:
    """Return a shopper's shelf."""
    request = wanted.request(caller)
    return Recommendations.from_shelf(request.user_id, request.session_id, live.served(request))


def page(live: Live, caller: Caller, wanted: PageWanted) -> Page:
    """Return the shelves of a page."""
    request = wanted.request(caller)
    shelves = live.page(request, wanted.placements, served=True)
    return Page([Recommendations.from_shelf(request.user_id, request.session_id, shelf) for shelf in shelves])


def similar(live: Live, _caller: Caller, wanted: SimilarWanted) -> Similar:
    """Return the items most like an item."""
    item_id = check_id(wanted.item_id, "item_id")
    return Similar.from_shelf(
        item_id, live.served(ShelfRequest(placement=SIMILAR_PLACEMENT, item_id=item_id, n=wanted.n))
    )
