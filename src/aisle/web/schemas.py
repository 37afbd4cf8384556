"""What the JSON API takes and gives, as msgspec types; `openapi.py` describes them from here."""

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
    price: Annotated[float | None, Meta(description="In units of the currency; null where the shop gave none.")]
    currency: str | None
    score: Annotated[
        float | None,
        Meta(description="Higher is better; compares within one shelf only. Null for an item that fills the shelf up."),
    ]

    predicted_rating: Annotated[
        float | None, Meta(description="The stars that the shopper would give; null in a shop without ratings.")
    ]
    reason: Annotated[
        str | None, Meta(description="Why it stands here, for the shopper to read; null where it has none.")
    ]

    @classmethod
    def from_shelf(cls, item: ShelfItem) -> Self:
        """Turn a shelf's item into JSON's units."""
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
    recommendation_id: Annotated[str, Meta(description="Send it back with the events that this shelf led to.")]
    model_version: int | None
    fallback: Annotated[str | None, Meta(description="Why this is not what the placement promises; null where it is.")]
    because: Annotated[Because | None, Meta(description="The item that the whole shelf follows from, if it does.")]

    @classmethod
    def from_shelf(cls, user_id: str | None, session_id: str | None, shelf: Shelf) -> Self:
        """Answer a shelf to whom it was made for."""
        items = [Item.from_shelf(item) for item in shelf.items]
        return cls(
            user_id, session_id, shelf.placement, items,
            shelf.recommendation_id, shelf.model_version, shelf.fallback, shelf.because,
        )  # fmt: skip


class Similar(Struct, frozen=True):
    """The items most like one item."""

    item_id: str
    items: list[Item]
    recommendation_id: str
    model_version: int | None
    fallback: Annotated[str | None, Meta(description="Why these are no similar items; null where they are.")]

    @classmethod
    def from_shelf(cls, item_id: str, shelf: Shelf) -> Self:
        """Answer a shelf to the item it was made for."""
        items = [Item.from_shelf(item) for item in shelf.items]
        return cls(item_id, items, shelf.recommendation_id, shelf.model_version, shelf.fallback)


class Feedback(Struct, frozen=True):
    """A shopper's rating of an item. Numbers are taken as ids too, as many shops keep them so."""

    user_id: str | int
    rating: Annotated[float, Meta(ge=0, le=MAX_RATING)]
    item_id: str | int | None = None
    product_id: Annotated[str | int | None, Meta(description="Another name for item_id.")] = None

    def user(self) -> str:
        """Return the shopper's id.

        Raises
        ------
        IdError
            If no shop can have such an id.
        """
        return check_id(str(self.user_id), "user_id")

    def item(self) -> str:
        """Return the item's id, by whichever name it came.

        Raises
        ------
        InputError
            If it came by none, or by two that disagree, or if no shop can have such an id.
        """
        given = {str(one) for one in (self.item_id, self.product_id) if one is not None}
        if not given:
            raise InputError("item_id is missing; say which item is rated")
        if len(given) > 1:
            raise InputError(f"item_id {self.item_id!r} and product_id {self.product_id!r} differ; send one of them")
        return check_id(given.pop(), "item_id")


class Rated(Struct, frozen=True):
    """A rating that is stored."""

    user_id: str
    item_id: str
    rating: float


class Merge(Struct, frozen=True):
    """Two ids of one person: the one before they signed in, and the one that they are known by."""

    anonymous_id: str | int
    user_id: str | int

    def ids(self) -> tuple[str, str]:
        """Return the two ids.

        Raises
        ------
        IdError
            If no shop can have such ids.
        """
        return check_id(str(self.anonymous_id), "anonymous_id"), check_id(str(self.user_id), "user_id")


class Merged(Struct, frozen=True):
    """That two ids are one person's from now on."""

    anonymous_id: str
    user_id: str
    rows: Annotated[
        dict[str, int],
        Meta(description="How many rows of each table moved to user_id, or were removed as they are worked out anew."),
    ]


class Outcome(Struct, frozen=True):
    """What became of one event."""

    status: Annotated[
        Literal["stored", "duplicate", "rejected"],
        Meta(description="A duplicate was stored before, or earlier in this batch: a repeated delivery."),
    ]
    reason: Annotated[str | None, Meta(description="Why it was rejected; null where it was not.")]


class Received(Struct, frozen=True):
    """What became of a batch of events, one outcome for each, in the order they came; the counts add up to them."""

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
    """That the server answers, and with which model."""

    status: Literal["ok"]
    version: str
    model_version: int | None


class Problem(Struct, frozen=True):
    """Why there is no answer, and what to do."""

    error: str
