"""What templates of the pages call: how items and addresses are written."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from aisle.shop.events import EventKind
from aisle.web.pictures.icons import icon

EVENT_NAMES: Final[dict[str, str]] = {
    EventKind.VIEW_ITEM_LIST: "Saw",
    EventKind.SELECT_ITEM: "Clicked",
    EventKind.VIEW_ITEM: "Viewed",
    EventKind.ADD_TO_CART: "Added to cart",
    EventKind.REMOVE_FROM_CART: "Removed",
    EventKind.ADD_TO_WISHLIST: "Wished for",
    EventKind.REMOVE_FROM_WISHLIST: "Off the wishlist",
    EventKind.PURCHASE: "Bought",
    EventKind.REFUND: "Sent back",
    EventKind.RATE: "Rated",
    EventKind.SEARCH: "Searched",
    EventKind.HIDE: "Not interested in",
    EventKind.UNHIDE: "Interested again in",
}
"""What pages call each kind of event."""


def item_address(item_id: str, came_from: Mapping[str, str]) -> str:
    """Return the address of a product's page, and on which shelf it was clicked."""
    return "/item?" + urlencode({"item_id": item_id, **came_from})


def why_address(item_id: str, placement: str) -> str:
    """Return the address of the page that says how an item came onto a shelf."""
    return "/why?" + urlencode({"item_id": item_id, "placement": placement})


def picture(url: str | None) -> str | None:
    """Return an image's address if the page may load it: on the web, or a path of this server."""
    return url if url and re.match(r"https?://|/(?!/)", url) else None


def drawing(name: str) -> Markup:
    """Return what is within an icon of Lucide."""
    return Markup(icon(name))  # noqa: S704  of a package that the build names


def rate(value: float | None) -> str:
    """Write a rate as a percentage; a dash where there is nothing to divide by."""
    return "–" if value is None else f"{value:.1%}"


def capitalised(text: str) -> str:
    """Return a sentence that begins with a capital letter."""
    return text[:1].upper() + text[1:]
