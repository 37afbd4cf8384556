"""What the routes of shelves take and give."""

from typing import Annotated, Any, Final, Literal, Self

from msgspec import Meta, Struct, structs

from aisle.app.serving.placements import STANDARD
from aisle.app.serving.shelf import Because, Shelf, ShelfItem
from aisle.engine.request import MAIN_PLACEMENT, Exclude, ShelfRequest
from aisle.shop.errors import Forbidden, InputError
from aisle.shop.ids import check_id, check_optional_id
from aisle.shop.money import from_micros
from aisle.web.access.caller import Caller
from aisle.web.schemas import Id

MAX_SHELF: Final = 200
"""The longest shelf that a request may ask for."""

MAX_IDS: Final = 500
"""The most items that a request may name at a time."""

MAX_CART: Final = 100
"""The most items that a cart may name."""

MAX_PLACEMENTS: Final = 20
"""The most shelves of one page."""

Length = Annotated[int, Meta(ge=1, le=MAX_SHELF, description="How many items.")]
Offset = Annotated[
    int,
    Meta(
        ge=0,
        le=MAX_SHELF,
        description="How many items to skip: 0 for a first page, more with its recommendation_id for the next ones.",
    ),
]
Price = Annotated[float, Meta(ge=0, le=1e12)]
Sort = Literal["best", "price", "-price"]
Ids = Annotated[tuple[Id, ...], Meta(max_length=MAX_IDS)]


class ShelfWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which shelf is wanted, and for whom. One of user_id and session_id is needed."""

    user_id: Annotated[Id | None, Meta(description="The shopper; an unknown one gets the popular shelf.")] = None
    session_id: Annotated[Id | None, Meta(description="The session; its events count from the first click.")] = None
    placement: Annotated[str, Meta(description=f"{', '.join(STANDARD)}, or another one of aisle.toml.")] = (
        MAIN_PLACEMENT
    )
    n: Length = 10
    offset: Offset | None = None
    recommendation_id: Annotated[Id | None, Meta(description="The shelf whose next page is wanted.")] = None
    item_id: Annotated[Id | None, Meta(description="The item that the page shows.")] = None
    cart: Annotated[tuple[Id, ...], Meta(max_length=MAX_CART, description="The items in the cart.")] = ()
    category: Annotated[tuple[str, ...], Meta(description="Only of these categories and those below them.")] = ()
    brand: Annotated[tuple[str, ...], Meta(description="Only of these brands.")] = ()
    price_min: Price | None = None
    price_max: Price | None = None
    exclude: Annotated[Exclude, Meta(description="Items to exclude: none, those bought before, or all seen.")] = "none"
    exclude_ids: Annotated[tuple[Id, ...], Meta(max_length=MAX_IDS, description="Items that are left out.")] = ()
    sort: Annotated[Sort, Meta(description="The order: best first, or by price, - for the highest first.")] = "best"
    diversity: Annotated[float, Meta(ge=0, le=1, description="How much differences count.")] | None = None
    explain: Annotated[bool, Meta(description="Whether each item has its reason.")] = False

    @property
    def rules(self) -> dict[str, Any]:
        """The rules that this request overrides."""
        given = {
            "categories": self.category,
            "brands": self.brand,
            "price_min": self.price_min,
            "price_max": self.price_max,
            "diversity": self.diversity,
        }
        return {name: value for name, value in given.items() if value not in (None, ())}

    def request(self, caller: Caller) -> ShelfRequest:
        """Return the request of this caller.

        Raises
        ------
        InputError
            If an id is not valid, or nobody is named.
        Forbidden
            If the caller may not ask about this shopper.
        """
        user_id, session_id = visitor(caller, self.user_id, self.session_id)
        return ShelfRequest(
            user_id=user_id,
            session_id=session_id,
            placement=self.placement,
            item_id=check_optional_id(self.item_id, "item_id"),
            cart=tuple(check_id(item_id, "cart") for item_id in self.cart),
            n=self.n,
            exclude=self.exclude,
            exclude_ids=tuple(check_id(item_id, "exclude_ids") for item_id in self.exclude_ids),
            rules=self.rules,
            explain=self.explain,
        )


class ShelfWantedByServer(ShelfWanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As in the query, and with an sk_ key the rules of aisle.toml for this one shelf."""

    filters: Annotated[dict[str, Any], Meta(description="Rules by the names of aisle.toml.")] = {}
    boosts: Annotated[dict[str, float], Meta(description='Factors, such as {"brand:Acme": 2}.')] = {}
    pins: Ids = ()

    def request(self, caller: Caller) -> ShelfRequest:
        """Return the request of this caller, as `ShelfWanted.request` does."""
        moved = {"boosts": self.boosts, "pins": self.pins}
        more = self.filters | {name: value for name, value in moved.items() if value}
        if more and caller.is_page:
            raise Forbidden("filters, boosts and pins need an sk_ key, of the shop's own server")
        request = super().request(caller)
        return structs.replace(request, rules={**request.rules, **more})


class PageWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which shelves a page shows, and to whom. One of user_id and session_id is needed."""

    placements: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=MAX_PLACEMENTS, description="Each once, the most important first."),
    ]
    user_id: Id | None = None
    session_id: Id | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_SHELF, description="How many items each shelf has.")] = 10
    item_id: Annotated[Id | None, Meta(description="The item that the page shows.")] = None
    cart: Annotated[tuple[Id, ...], Meta(max_length=MAX_CART, description="The items in the cart.")] = ()
    exclude: Exclude = "none"
    exclude_ids: Ids = ()
    explain: bool = False

    def request(self, caller: Caller) -> ShelfRequest:
        """Return the request that all shelves share, as `ShelfWanted.request` does."""
        shared = structs.asdict(self)
        del shared["placements"]
        return ShelfWanted(**shared).request(caller)


class AboutItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The item that a shelf is about."""

    item_id: Annotated[Id, Meta(description="The item.")]
    n: Length = 10


class OfShop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of the shop a shelf is of."""

    n: Length = 10
    category: Annotated[tuple[str, ...], Meta(description="Only of these categories and those below them.")] = ()
    brand: Annotated[tuple[str, ...], Meta(description="Only of these brands.")] = ()


class RankWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The items to order for a shopper. One of user_id and session_id is needed."""

    item_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_IDS, description="The items, each once.")]
    user_id: Id | None = None
    session_id: Id | None = None


def visitor(caller: Caller, user_id: str | None, session_id: str | None) -> tuple[str | None, str | None]:
    """Return whom a caller asks about.

    Raises
    ------
    InputError
        If an id is not valid, or nobody is named.
    Forbidden
        If the caller may not ask about them.
    """
    user_id, session_id = visitor_if_named(caller, user_id, session_id)
    if user_id is None and session_id is None:
        raise InputError("user_id is missing, and session_id too; name the shopper or the session")
    return user_id, session_id


def visitor_if_named(caller: Caller, user_id: str | None, session_id: str | None) -> tuple[str | None, str | None]:
    """Return whom a caller asks about, as `visitor` does, and nobody if nobody is named."""
    return caller.visitor(check_optional_id(user_id, "user_id"), check_optional_id(session_id, "session_id"))


class Item(Struct, frozen=True):
    """An item on a shelf, best first."""

    item_id: str
    name: str
    image_url: str | None
    url: Annotated[str | None, Meta(description="Its page in the shop.")]
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
        str | None,
        Meta(description="What fills this place, if the placement has nothing of its own for it; else null."),
    ]

    @classmethod
    def from_shelf(cls, item: ShelfItem) -> Self:
        """Return an item of a shelf in the units of the API."""
        price = None if item.price is None else from_micros(item.price)
        return cls(
            item.item_id,
            item.name,
            item.image_url,
            item.url,
            price,
            item.currency,
            item.score,
            item.predicted_rating,
            item.reason,
            item.fallback,
        )


class Recommendations(Struct, frozen=True):
    """A shelf."""

    recommendation_id: Annotated[str, Meta(description="Send it with the events that follow from this shelf.")]
    placement: str
    model: Annotated[int | None, Meta(description="The version of the model; 0 if all are damaged.")]
    fallback: Annotated[
        str | None, Meta(description="What was shown instead, if the placement had nothing to show; else null.")
    ]
    took_ms: Annotated[float | None, Meta(description="How long the server took, in milliseconds.")]
    because: Annotated[
        Because | None, Meta(description="The item that the whole shelf is based on; null if there is none.")
    ]
    items: list[Item]
    variant: Annotated[
        str | None, Meta(description="Of which experiments it is part, as experiment.version:variant; null outside.")
    ]
    holdout: Annotated[
        bool, Meta(description="Whether it is empty on purpose, as an experiment measures what shoppers do without it.")
    ]

    @classmethod
    def from_shelf(cls, shelf: Shelf, took_ms: float | None = None) -> Self:
        """Return a shelf as an answer."""
        items = [Item.from_shelf(item) for item in shelf.items]
        return cls(
            shelf.recommendation_id,
            shelf.placement,
            shelf.model_version,
            shelf.fallback,
            took_ms,
            shelf.because,
            items,
            shelf.variant,
            shelf.holdout,
        )


class Page(Struct, frozen=True):
    """The shelves of a page, in the order that was asked for; no item stands on two of them."""

    shelves: list[Recommendations]
    took_ms: Annotated[float, Meta(description="How long the server took for all, in milliseconds.")]


class RankedItem(Struct, frozen=True):
    """An item and how much the shopper likes it."""

    item_id: str
    score: Annotated[float | None, Meta(description="Comparable within one answer only; null if nothing is known.")]


class Ranked(Struct, frozen=True):
    """Items in the order of a shopper's taste, best first."""

    items: list[RankedItem]
