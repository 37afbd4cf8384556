"""The types of the JSON API, in msgspec; `openapi.py` describes them."""

from collections import Counter
from typing import Annotated, Literal, Self

from msgspec import Meta, Struct

from aisle.app.serving.shelf import Because, Shelf, ShelfItem
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_RATING
from aisle.shop.ids import check_id
from aisle.shop.money import from_micros


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


class Feedback(Struct, frozen=True):
    """A shopper's rating of an item. Ids may be numbers."""

    user_id: str | int
    rating: Annotated[float, Meta(ge=0, le=MAX_RATING)]
    item_id: str | int | None = None
    product_id: Annotated[str | int | None, Meta(description="Another name for item_id.")] = None

    def user(self) -> str:
        """Return the shopper's id.

        Raises
        ------
        IdError
            If it is not a valid id.
        """
        return check_id(str(self.user_id), "user_id")

    def item(self) -> str:
        """Return the item's id, from either of its two fields.

        Raises
        ------
        InputError
            If both fields are missing or they disagree, or the value is not a valid id.
        """
        ids = {str(value) for value in (self.item_id, self.product_id) if value is not None}
        if not ids:
            raise InputError("item_id is missing; say which item is rated")
        if len(ids) > 1:
            raise InputError(f"item_id {self.item_id!r} and product_id {self.product_id!r} differ; send one of them")
        return check_id(ids.pop(), "item_id")


class Rated(Struct, frozen=True):
    """A rating that was stored."""

    user_id: str
    item_id: str
    rating: float


class Merge(Struct, frozen=True):
    """Two ids of one person: the one before signing in, and the known user's."""

    anonymous_id: str | int
    user_id: str | int

    def ids(self) -> tuple[str, str]:
        """Return the two ids.

        Raises
        ------
        IdError
            If one is not a valid id.
        """
        return check_id(str(self.anonymous_id), "anonymous_id"), check_id(str(self.user_id), "user_id")


class Merged(Struct, frozen=True):
    """Two ids that now belong to one person."""

    anonymous_id: str
    user_id: str
    rows: Annotated[
        dict[str, int],
        Meta(
            description="The number of rows of each table that moved to user_id, or were removed to be computed again."
        ),
    ]


class Outcome(Struct, frozen=True):
    """The outcome of one event."""

    status: Annotated[
        Literal["stored", "duplicate", "rejected"],
        Meta(description="A duplicate was stored before, or earlier in this batch."),
    ]
    reason: Annotated[str | None, Meta(description="Why it was rejected; else null.")]


class Received(Struct, frozen=True):
    """The outcomes of a batch of events, in their order, and how many there are of each kind."""

    stored: int
    duplicate: int
    rejected: int
    outcomes: list[Outcome]

    @classmethod
    def of(cls, outcomes: list[Outcome]) -> Self:
        """Count outcomes."""
        counts = Counter(outcome.status for outcome in outcomes)
        return cls(counts["stored"], counts["duplicate"], counts["rejected"], outcomes)


class Health(Struct, frozen=True):
    """The server's health and the version of the live model."""

    status: Literal["ok"]
    version: str
    model_version: int | None


class Problem(Struct, frozen=True):
    """Why a request failed, and what to do."""

    error: str
