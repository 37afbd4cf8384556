"""What a shopper is shown: shelves, histories, and why a shelf is not the personal one."""

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisle.storage.events import EventRow
    from aisle.storage.items import ItemRow

FALLBACKS: Final = {
    "popular": "This is the popular shelf: the model knows nothing that this shopper likes.",
    "last_known_profile": "The database does not answer, so this shelf is from what was last known of the shopper.",
    "popular_without_database": "The database does not answer and nothing is known of the shopper: the popular shelf.",
    "popular_instead": "The shop has nothing for this placement yet, so these are its bestsellers.",
    "personal_instead": "Nothing is known to go with this cart, so this is the personal shelf.",
    "similar_instead": "Too few shoppers bought anything together with this item, so these are similar items.",
    "bought_together_instead": "No model compares these items yet, so these were bought together with this one.",
}
"""What a shelf can fall back to, and what people are told then."""


class ShelfItem(msgspec.Struct, frozen=True):
    """One place of a shelf, with what a page shows of it."""

    item_id: str
    name: str
    category: str | None
    image_url: str | None
    price: int | None
    """Millionths of the currency unit."""
    currency: str | None
    score: float | None
    """What the model gave; null where the place was only filled up."""
    predicted_rating: float | None
    """The stars that the shopper would give, on the shop's own scale; null in a shop without ratings."""
    reason: str | None = None
    """Why it stands here, for the shopper to read."""


class Because(msgspec.Struct, frozen=True):
    """The item that a whole shelf follows from."""

    item_id: str
    name: str


class Shelf(msgspec.Struct, frozen=True):
    """The items for one shopper, best first."""

    items: list[ShelfItem]
    model_version: int
    fallback: str | None
    """None for what the placement promises, else one of `FALLBACKS`."""
    recommendation_id: str
    """To be sent back with the events that follow from this shelf."""
    placement: str
    """Where it stands."""
    because: Because | None = None
    """The item that all others follow from, on a shelf that is about one."""

    def explained(self, reasons: "Sequence[str]") -> "Shelf":
        """Return the shelf with the reason of each item, in their order."""
        items = [msgspec.structs.replace(one, reason=reason) for one, reason in zip(self.items, reasons, strict=True)]
        return msgspec.structs.replace(self, items=items)


class HistoryLine(msgspec.Struct, frozen=True):
    """One event of a shopper, with what a page shows of the item."""

    item_id: str
    name: str
    category: str | None
    image_url: str | None
    event: str
    timestamp: int
    price: int | None
    currency: str | None
    rating: float | None


def shelf_item(item_id: str, row: "ItemRow | None", score: float, predicted_rating: float | None) -> ShelfItem:
    """Put what the catalogue says to an item and its score."""
    return ShelfItem(
        item_id=item_id,
        name=name_of(item_id, row),
        category=row.category if row else None,
        image_url=row.image_url if row else None,
        price=row.price if row else None,
        currency=row.currency if row else None,
        score=None if np.isnan(score) else score,
        predicted_rating=predicted_rating,
    )


def history_line(row: "EventRow", item: "ItemRow | None") -> HistoryLine:
    """Put what the catalogue says to an event."""
    return HistoryLine(
        item_id=row.item_id,
        name=name_of(row.item_id, item),
        category=item.category if item else None,
        image_url=item.image_url if item else None,
        event=row.kind,
        timestamp=row.timestamp,
        price=row.price,
        currency=row.currency,
        rating=row.rating,
    )


def name_of(item_id: str, row: "ItemRow | None") -> str:
    """Return what an item is called; its id, where the catalogue does not say."""
    return row.title if row and row.title else item_id
