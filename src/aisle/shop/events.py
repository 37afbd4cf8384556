"""What shoppers do: the kinds of events under their GA4 names, and the limits that every event keeps."""

from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias


class EventKind(StrEnum):
    """An event's kind, by its GA4 e-commerce name.

    Aisle's own are `rate`, a star rating, `remove_from_wishlist`, and `hide`: the shopper does not want to see the item
    any more, until `unhide` takes it back.
    """

    VIEW_ITEM_LIST = "view_item_list"
    SELECT_ITEM = "select_item"
    VIEW_ITEM = "view_item"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    ADD_TO_WISHLIST = "add_to_wishlist"
    PURCHASE = "purchase"
    REFUND = "refund"
    RATE = "rate"
    SEARCH = "search"
    HIDE = "hide"
    UNHIDE = "unhide"
    REMOVE_FROM_WISHLIST = "remove_from_wishlist"


class ProfileEvent(NamedTuple):
    """What a shopper's profile needs of an event."""

    item_id: str
    kind: str
    timestamp: int
    """Microseconds."""
    rating: float | None = None
    """Stars."""
    price: int | None = None
    """Millionths of the currency unit, per piece."""


KINDS: Final[tuple[EventKind, ...]] = tuple(EventKind)
"""Every kind, in the order of its code."""

KIND_CODES: Final[dict[str, int]] = {kind.value: code for code, kind in enumerate(KINDS)}
"""A kind's small number, as arrays hold it."""

KINDS_WITHOUT_ITEM: Final[frozenset[EventKind]] = frozenset({EventKind.VIEW_ITEM_LIST, EventKind.SEARCH})
"""The kinds that need not name an item."""

# The names of other systems, as `normal_name` spells them: plain words, Segment's, Google Retail's, RetailRocket's.
_ALIASES: Final[dict[EventKind, tuple[str, ...]]] = {
    EventKind.VIEW_ITEM_LIST: ("impression", "product_list_viewed", "category_page_view", "view_list"),
    EventKind.SELECT_ITEM: ("click", "product_clicked", "select", "clk"),
    EventKind.VIEW_ITEM: ("view", "product_viewed", "detail_page_view", "pv", "pageview", "visit"),
    EventKind.ADD_TO_CART: ("cart", "product_added", "addtocart", "add", "basket"),
    EventKind.REMOVE_FROM_CART: ("product_removed", "removefromcart", "uncart"),
    EventKind.ADD_TO_WISHLIST: ("wishlist", "fav", "favourite", "favorite", "like", "product_added_to_wishlist"),
    EventKind.PURCHASE: ("buy", "transaction", "order", "order_completed", "purchase_complete", "bought", "sale"),
    EventKind.REFUND: ("return", "order_refunded", "cancel", "cancellation", "order_cancelled", "returned"),
    EventKind.RATE: ("rating", "review", "product_reviewed", "star", "stars"),
    EventKind.SEARCH: ("products_searched", "query"),
    EventKind.HIDE: ("dislike", "not_interested", "hide_item", "product_hidden", "dismiss"),
    EventKind.UNHIDE: ("undo_hide", "unhide_item", "product_unhidden", "undismiss"),
    EventKind.REMOVE_FROM_WISHLIST: ("product_removed_from_wishlist", "unfav", "unlike"),
}

ALIASES: Final[dict[str, EventKind]] = {kind.value: kind for kind in EventKind} | {
    alias: kind for kind, aliases in _ALIASES.items() for alias in aliases
}
"""Every name of a kind that is understood, as `normal_name` spells it."""


BLANKS: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
"""What counts as blank around a value: Unicode's white space, of which Python and Polars have different ideas."""


def normal_name(name: str) -> str:
    """Return an event's name as `ALIASES` spells it: lower case, with underscores."""
    return name.strip(BLANKS).lower().replace(" ", "_").replace("-", "_").replace(".", "_")


MAX_ID_BYTES: Final = 256
"""The longest id, in UTF-8 bytes."""

MAX_TEXT_BYTES: Final = 32 * 1024
"""The longest cell of any other text, and the largest event, in UTF-8 bytes."""

MAX_BODY: Final = 2 * 1024 * 1024
"""The largest body of a request, in bytes."""

MAX_EVENTS: Final = 1_000
"""The most events, or rows of another table, in one body."""

MAX_QUANTITY: Final = 1_000_000
"""A line with more pieces than this is a mistake in the log."""

MAX_RATING: Final = 100.0
"""Ratings are stars, points or percentages: 0 to 100."""

Stars: TypeAlias = tuple[float, float]
"""The lowest and the highest rating of a shop's scale."""

EARLIEST: Final = 946_684_800_000_000
"""2000-01-01 UTC in microseconds: an earlier time is that of a clock that was never set."""

MAX_AHEAD: Final = 24 * 3600 * 1_000_000
"""How far ahead of the server an event's clock may be, in microseconds."""


def off_scale(rating: float | None, stars: Stars) -> str | None:
    """Return what is wrong with a rating that is not on the shop's scale; None if it is, or there is none."""
    if rating is None or stars[0] <= rating <= stars[1]:
        return None
    return (
        f"rating {rating:g} is not between {stars[0]:g} and {stars[1]:g}, the shop's scale; "
        "[weights] lowest_rating and highest_rating set it"
    )
