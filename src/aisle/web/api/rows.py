"""What the shop's server keeps up to date: items with their stock, users' attributes, reviews."""

from collections.abc import Callable
from typing import Annotated, Final

from msgspec import Meta, Struct

from aisle.app.serve import Live
from aisle.ingest.objects import parse_objects
from aisle.shop.errors import NotFound
from aisle.shop.ids import check_id
from aisle.shop.money import from_micros
from aisle.storage import items, reviews, users
from aisle.storage.connection import Database
from aisle.storage.rows import Rows, Stored
from aisle.web.access.caller import Caller
from aisle.web.api.events import EventProblem, Received

Store = Callable[[Database, Rows], Stored]

MAX_ITEMS: Final = 100
"""The most items that a request may ask for."""


class ItemsWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """The items that are wanted."""

    item_id: Annotated[tuple[str, ...], Meta(max_length=MAX_ITEMS, description="The items; repeat for more.")] = ()


class CatalogueItem(Struct, frozen=True):
    """An item as the catalogue has it."""

    item_id: str
    title: str | None
    category: str | None
    brand: str | None
    price: Annotated[float | None, Meta(description="In units of the currency.")]
    currency: str | None
    image_url: str | None
    url: str | None
    stock: int | None
    in_stock: bool | None
    hidden: bool | None


def get_items(live: Live, _caller: Caller, wanted: ItemsWanted) -> list[CatalogueItem]:
    """Return items of the catalogue, in the order in which they are named.

    Raises
    ------
    NotFound
        If the catalogue lacks one.
    """
    item_ids = [check_id(item_id, "item_id") for item_id in wanted.item_id]
    facts = items.facts(live.db, item_ids)
    for item_id in item_ids:
        if item_id not in facts:
            raise NotFound(f"the catalogue has no item {item_id!r}; POST /api/items adds one")
    return [
        CatalogueItem(
            row.item_id, row.title, row.category, row.brand, None if row.price is None else from_micros(row.price),
            row.currency, row.image_url, row.url, row.stock, row.in_stock, row.hidden,
        )
        for row in (facts[item_id] for item_id in item_ids)
    ]  # fmt: skip


def put_items(live: Live, _caller: Caller, body: bytes) -> Received:
    """Add items or change them; what is not given stays as it is."""
    return _store(live, "items", body, items.upsert)


def put_users(live: Live, _caller: Caller, body: bytes) -> Received:
    """Add users or change their attributes."""
    return _store(live, "users", body, users.upsert)


def add_reviews(live: Live, _caller: Caller, body: bytes) -> Received:
    """Store reviews, each once."""
    return _store(live, "reviews", body, reviews.store)


def _store(live: Live, table: str, body: bytes, store: Store) -> Received:
    accepted, reasons = parse_objects(table, body)
    done = store(live.db, accepted)
    errors = [EventProblem(index, reason) for index, reason in enumerate(reasons) if reason is not None]
    return Received(len(reasons), done.stored, done.duplicate, len(errors) + done.erased, errors)
