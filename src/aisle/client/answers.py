"""What the API answers, field by field as `/openapi.json` has it; fields of newer servers are left out."""

from typing import Final, Literal, Self

from msgspec import Struct

from aisle.shop.rejects import Reject


class Item(Struct, frozen=True):
    """An item on a shelf, best first."""

    item_id: str
    name: str
    image_url: str | None
    url: str | None
    price: float | None
    """In units of the currency."""
    currency: str | None
    score: float | None
    """Comparable within one shelf only; None for an item that fills the shelf up."""
    predicted_rating: float | None
    reason: str | None
    """Why it is recommended, for the shopper to read."""
    fallback: str | None
    """What fills this place, if the placement has nothing of its own for it."""


class Because(Struct, frozen=True):
    """The item that a whole shelf is based on."""

    item_id: str
    name: str


class Recommendations(Struct, frozen=True):
    """A shelf."""

    recommendation_id: str
    """Send it with the events that follow from this shelf."""
    placement: str
    model: int | None
    """The version of the model."""
    fallback: str | None
    """What was shown instead, if the placement had nothing to show."""
    took_ms: float | None
    because: Because | None
    items: list[Item]
    variant: str | None
    """Of which experiments it is part."""
    holdout: bool
    """Whether it is empty on purpose: an experiment measures what shoppers do without it."""


class Page(Struct, frozen=True):
    """The shelves of a page, in the order that was asked for; no item stands on two of them."""

    shelves: list[Recommendations]
    took_ms: float


class RankedItem(Struct, frozen=True):
    """An item and how much the shopper likes it."""

    item_id: str
    score: float | None


class Ranked(Struct, frozen=True):
    """Items in the order of a shopper's taste, best first."""

    items: list[RankedItem]


class CatalogueItem(Struct, frozen=True):
    """An item as the catalogue has it."""

    item_id: str
    title: str | None
    category: str | None
    brand: str | None
    price: float | None
    currency: str | None
    image_url: str | None
    url: str | None
    stock: int | None
    in_stock: bool | None
    hidden: bool | None


class EventProblem(Struct, frozen=True):
    """Why a row was rejected."""

    index: int
    """Its place among those that were sent, from 0."""
    reason: str


class Received(Struct, frozen=True):
    """What became of the rows that were sent; those stored are durable."""

    received: int
    stored: int
    duplicate: int
    rejected: int
    errors: list[EventProblem]

    def and_(self, later: Self) -> Self:
        """Return this and what became of the rows that were sent after these."""
        errors = [EventProblem(self.received + error.index, error.reason) for error in later.errors]
        return type(self)(
            self.received + later.received,
            self.stored + later.stored,
            self.duplicate + later.duplicate,
            self.rejected + later.rejected,
            self.errors + errors,
        )


NOTHING: Final = Received(0, 0, 0, 0, [])
"""What became of no rows."""


class Rated(Struct, frozen=True):
    """A rating that was stored."""

    user_id: str
    item_id: str
    rating: float


class ItemsDeleted(Struct, frozen=True):
    """What became of items that were to be deleted."""

    deleted: list[str]
    unknown: list[str]


class EventsDeleted(Struct, frozen=True):
    """The events that were deleted, or would be."""

    events: int
    users: int
    items: int
    first: str | None
    last: str | None
    kinds: dict[str, int]
    dry_run: bool


class Merged(Struct, frozen=True):
    """Two ids that now belong to one person."""

    anonymous_id: str
    user_id: str
    rows: dict[str, int]


class Unmerged(Struct, frozen=True):
    """Ids that are a person of their own again."""

    anonymous_id: str
    user_id: str
    ids: list[str]
    rows: dict[str, int]


class ErasureReceipt(Struct, frozen=True):
    """What was removed of a person."""

    user_id: str
    ids: list[str]
    rows: dict[str, int]
    tombstones: int
    erased: str
    forgotten: str
    """When no process remembers the person any more, as ISO 8601."""


class Model(Struct, frozen=True):
    """A trained model."""

    version: int
    status: str
    trained: str
    note: str


class Version(Struct, frozen=True):
    """The version of a model."""

    version: int


class Rejects(Struct, frozen=True):
    """The newest rejects, and how many there are in all."""

    total: int
    rejects: list[Reject]


class Health(Struct, frozen=True):
    """The server's health, the version of the live model, and whether the database answers."""

    status: Literal["ok"]
    version: str
    model_version: int | None
    database: Literal["answers", "away"] | None = None
    """Null if it was not asked."""
