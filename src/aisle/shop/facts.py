"""What shelves need of an item of the catalogue."""

from typing import NamedTuple


class ItemFacts(NamedTuple):
    """What rules read of an item, and what pages show; every value but the id may be missing."""

    item_id: str
    title: str | None = None
    category: str | None = None
    """A path, `A > B > C`."""
    brand: str | None = None
    item_group_id: str | None = None
    """The product that the item is a variant of."""
    price: int | None = None
    """Millionths of the currency unit."""
    currency: str | None = None
    image_url: str | None = None
    url: str | None = None
    stock: int | None = None
    """How many pieces are in stock."""
    in_stock: bool | None = None
    """Whether any are in stock, in a shop that does not count them."""
    available_from: int | None = None
    """When it can first be sold, in microseconds."""
    hidden: bool | None = None
    """Whether the shop hides it everywhere."""
    cost: int | None = None
    """What the shop pays for it, in millionths; no page for shoppers shows it."""
