"""What a shopper is shown: shelves and histories, with what the catalogue says of each item."""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.placement import PlacedShelf
from aisle.engine.proposals import FALLBACKS as EVERY_FALLBACK
from aisle.engine.proposals import (
    LAST_KNOWN_PROFILE,
    LAST_KNOWN_STOCK,
    POPULAR,
    POPULAR_WITHOUT_DATABASE,
    Fallback,
    Ints,
)
from aisle.engine.query import ShelfQuery
from aisle.shop.ids import UNKNOWN, among
from aisle.storage.shelves.impressions import Impression, ServedItem

if TYPE_CHECKING:
    import polars as pl

    from aisle.app.serving.catalogue import LiveCatalogue
    from aisle.engine.request import ShelfRequest
    from aisle.shop.facts import ItemFacts
    from aisle.storage.catalogue.items import ItemRow
    from aisle.storage.log.events import EventRow

FALLBACKS: Final = {name: fallback.sentence for name, fallback in EVERY_FALLBACK.items()}
"""The fallbacks of a shelf by name, and what people read then."""


class ShelfItem(msgspec.Struct, frozen=True):
    """One item of a shelf, with all that a page shows of it."""

    item_id: str
    name: str
    category: str | None
    image_url: str | None
    url: str | None
    """The item's page in the shop."""
    price: int | None
    """Millionths of the currency unit."""
    currency: str | None
    score: float | None
    """The model's score; null for a popular item that only fills the shelf up."""
    predicted_rating: float | None
    """The stars that the shopper would give, on the shop's own scale; null in a shop without ratings."""
    reason: str | None = None
    """Why it is on the shelf, for the shopper to read."""
    fallback: str | None = None
    """The fallback that fills its place, one of `FALLBACKS`; null if the placement's own strategy proposes it."""
    propensity: float = 1.0
    """How probable it was that this item would stand here; 1 where nothing is left to chance."""


class Because(msgspec.Struct, frozen=True):
    """The item that all items of a shelf follow from."""

    item_id: str
    name: str


class Shelf(msgspec.Struct, frozen=True):
    """The items for one shopper, best first."""

    items: list[ShelfItem]
    model_version: int
    fallback: str | None
    """None if the placement's strategy filled the shelf, else one of `FALLBACKS`."""
    recommendation_id: str
    """Shops send it back with the events that follow from this shelf."""
    placement: str
    """The name of the placement."""
    because: Because | None = None
    """The item that all items follow from, if there is one."""
    strategy: str = ""
    """What fills the placement."""
    variant: str | None = None
    """Of which experiments the shelf is part, and what they make of it, as in impressions."""
    holdout: bool = False
    """Whether it is empty on purpose: an experiment measures what shoppers do without recommendations."""

    def to_frame(self) -> "pl.DataFrame":
        """Return a row for each place, prices in units of the currency."""
        from aisle.app.serving.frames import shelf_frame

        return shelf_frame(self)

    def __repr__(self) -> str:
        from aisle.app.serving.frames import as_text

        fallback = f": {FALLBACKS[self.fallback]}" if self.fallback else ""
        return f"{self.placement}, by model {self.model_version}{fallback}\n{as_text(self.to_frame())}"

    def _repr_html_(self) -> str:
        return self.to_frame()._repr_html_()

    def explained(self, reasons: Sequence[str]) -> "Shelf":
        """Return the shelf with the reason of each item, in their order."""
        items = [msgspec.structs.replace(item, reason=reason) for item, reason in zip(self.items, reasons, strict=True)]
        return msgspec.structs.replace(self, items=items)


class HistoryLine(msgspec.Struct, frozen=True):
    """One event of a shopper, with all that a page shows of the item."""

    item_id: str
    name: str
    category: str | None
    image_url: str | None
    event: str
    timestamp: int
    price: int | None
    currency: str | None
    rating: float | None


def to_shelf(
    placed: PlacedShelf, query: ShelfQuery, catalogue: "LiveCatalogue", placement: str, recommendation_id: str
) -> Shelf:
    """Return a placed shelf with names, prices and predicted stars."""
    item_ids = catalogue.vocabulary.ids(placed.items)
    columns = (
        item_ids,
        catalogue.rows(item_ids),
        placed.scores.tolist(),
        _predicted_stars(query, placed.items),
        _fillings(placed),
        propensities_of(placed),
    )
    fallback, because = placed.proposal.fallback, None
    if placed.proposal.because != UNKNOWN:
        item_id = query.model.items.ids[placed.proposal.because]
        because = Because(item_id, catalogue.name(item_id))
    return Shelf(
        items=list(map(_shelf_item, *columns)),
        model_version=query.model.version,
        fallback=None if fallback is None else fallback.name,
        recommendation_id=recommendation_id,
        placement=placement,
        because=because,
    )


def _fillings(placed: PlacedShelf) -> list[str | None]:
    """Return the fallback that fills the place of each item: popular items stand behind what is proposed."""
    fallback = placed.proposal.fallback
    of_proposal = None if fallback is None else fallback.name
    proposed = among(placed.items, placed.proposal.items) | is_explored(placed)
    return [of_proposal if own else POPULAR.name for own in proposed.tolist()]


def propensities_of(placed: PlacedShelf) -> list[float]:
    """Return how probable it was that each item would stand at its place."""
    return [1.0] * len(placed.items) if placed.propensities is None else placed.propensities.tolist()


def is_explored(placed: PlacedShelf) -> NDArray[np.bool_]:
    """Return which items were drawn to explore."""
    return np.zeros(len(placed.items), np.bool_) if placed.is_new is None else placed.is_new


def without_database(shelf: Shelf, *, knows_profile: bool) -> Shelf:
    """Return a shelf that says that the database did not answer, be it after the profile was read."""
    fallback: Fallback = LAST_KNOWN_STOCK
    if not knows_profile:
        fallback = POPULAR_WITHOUT_DATABASE if shelf.fallback == POPULAR.name else LAST_KNOWN_PROFILE
    return msgspec.structs.replace(shelf, fallback=fallback.name)


def held_out(placement: str, model_version: int, recommendation_id: str) -> Shelf:
    """Return the shelf of somebody to whom an experiment shows none."""
    return Shelf([], model_version, None, recommendation_id, placement, holdout=True)


def impression_of(shelf: Shelf, request: "ShelfRequest", moment: int, first: int = 1) -> Impression:
    """Return a shelf, or a page of one, as the impression that it leaves; its items stand from position `first` on."""
    return Impression(
        recommendation_id=shelf.recommendation_id,
        timestamp=moment,
        user_id=request.user_id,
        session_id=request.session_id,
        placement=shelf.placement,
        strategy=shelf.strategy,
        fallback=shelf.fallback,
        model_version=shelf.model_version,
        items=tuple(
            ServedItem(item.item_id, position, item.score, item.propensity)
            for position, item in enumerate(shelf.items, first)
        ),
        variant=shelf.variant,
    )


def history_line(row: "EventRow", item: "ItemFacts | None") -> HistoryLine:
    """Return an event with the name and picture of its item."""
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


def name_of(item_id: str, row: "ItemFacts | ItemRow | None") -> str:
    """Return the title of an item; without one, its brand and the last step of its category; without these, its id."""
    if row is None:
        return item_id
    kind = (row.category or "").rpartition(">")[2].strip()
    return row.title or " ".join(filter(None, (row.brand, kind))) or item_id


def _shelf_item(
    item_id: str,
    row: "ItemFacts | None",
    score: float,
    predicted_rating: float | None,
    fallback: str | None,
    propensity: float,
) -> ShelfItem:
    return ShelfItem(
        item_id=item_id,
        name=name_of(item_id, row),
        category=row.category if row else None,
        image_url=row.image_url if row else None,
        url=row.url if row else None,
        price=row.price if row else None,
        currency=row.currency if row else None,
        score=None if isnan(score) else score,
        predicted_rating=predicted_rating,
        fallback=fallback,
        propensity=propensity,
    )


def _predicted_stars(query: ShelfQuery, items: Ints) -> list[float | None]:
    """Return the stars that the shopper would give to items; None where no model predicts them."""
    known = items < len(query.model.items)
    predicted = query.model.stars(query.shopper, items[known])
    stars: list[float | None] = [None] * len(items)
    if predicted is not None:
        for place, value in zip(np.flatnonzero(known), predicted.tolist(), strict=True):
            stars[place] = value
    return stars
