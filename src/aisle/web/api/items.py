"""Items of the catalogue: by their ids, by the words of a search, or all of them, page by page."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from aisle.app.serve import Live
from aisle.shop.errors import InputError, NotFound
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import check_id
from aisle.shop.money import from_micros, to_micros
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter
from aisle.web.access.caller import Caller
from aisle.web.api.shelf_schemas import Length, Price, visitor_if_named
from aisle.web.schemas import Id

MAX_ITEMS: Final = 100
"""The most items that a request may name."""

MAX_OFFSET: Final = 10_000_000


class ItemsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The items that are wanted: some by their ids, or those that a search finds, or all that shoppers may see."""

    item_id: Annotated[tuple[Id, ...], Meta(max_length=MAX_ITEMS, description="The items; repeat for more.")] = ()
    q: Annotated[str, Meta(max_length=200, description="Words to search; the last one may be cut short.")] | None = None
    user_id: Annotated[Id | None, Meta(description="The shopper, whose taste orders what fits equally well.")] = None
    session_id: Id | None = None
    category: Annotated[tuple[str, ...], Meta(description="Only of these categories and those below them.")] = ()
    brand: Annotated[tuple[str, ...], Meta(description="Only of these brands.")] = ()
    price_min: Price | None = None
    price_max: Price | None = None
    n: Length = 10
    offset: Annotated[int, Meta(ge=0, le=MAX_OFFSET, description="How many items to skip.")] = 0

    def filter(self) -> ItemFilter:
        """Return the filter that this is.

        Raises
        ------
        InputError
            If a category or a brand holds what no database can compare.
        """
        for name, values in (("category", self.category), ("brand", self.brand)):
            if any("\0" in value for value in values):
                raise InputError(f"{name} holds a null character; remove it")
        return ItemFilter(
            categories=self.category,
            brands=self.brand,
            price_min=None if self.price_min is None else to_micros(self.price_min),
            price_max=None if self.price_max is None else to_micros(self.price_max),
            text=self.q,
        )


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
    stock: Annotated[int | None, Meta(description="Of a pk_ key, null.")]
    in_stock: bool | None
    hidden: bool | None


class ItemsNamed(Struct, frozen=True, forbid_unknown_fields=True):
    """The items that a request is about."""

    item_id: Annotated[tuple[Id, ...], Meta(max_length=MAX_ITEMS, description="The items; repeat for more.")] = ()


class ItemsDeleted(Struct, frozen=True):
    """What became of items that were to be deleted."""

    deleted: list[str]
    unknown: Annotated[list[str], Meta(description="Those that the catalogue did not have.")]


def delete_items(live: Live, _caller: Caller, given: ItemsNamed) -> ItemsDeleted:
    """Remove items from the catalogue; what shoppers did with them stays.

    Raises
    ------
    InputError
        If none is named.
    """
    item_ids = [check_id(item_id, "item_id") for item_id in dict.fromkeys(given.item_id)]
    if not item_ids:
        raise InputError("item_id is missing; name the items to delete")
    gone = set(items.remove(live.db, item_ids))
    return ItemsDeleted(
        [item_id for item_id in item_ids if item_id in gone], [item_id for item_id in item_ids if item_id not in gone]
    )


def get_items(live: Live, caller: Caller, wanted: ItemsWanted) -> list[CatalogueItem]:
    """Return items of the catalogue: those that are named, in their order, or those that a search finds, best first.

    Raises
    ------
    NotFound
        If the catalogue lacks one that is named.
    InputError
        If a page asks for anything but a search, or items are named beside a search.
    """
    if wanted.q is None and caller.is_page:
        raise InputError("q is missing; a pk_ key may only search, an sk_ key may also name items")
    item_ids = _named(wanted) if wanted.item_id else _found(live, caller, wanted)
    facts = items.facts(live.db, item_ids)
    for item_id in wanted.item_id:
        if item_id not in facts:
            raise NotFound(f"the catalogue has no item {item_id!r}; POST /api/items adds one")
    return [_shown(facts[item_id], caller) for item_id in item_ids if item_id in facts]


def _named(wanted: ItemsWanted) -> list[str]:
    if wanted.q is not None:
        raise InputError("item_id and q are both given; name items, or search for them")
    return [check_id(item_id, "item_id") for item_id in wanted.item_id]


def _found(live: Live, caller: Caller, wanted: ItemsWanted) -> list[str]:
    if wanted.q is None:
        return browse.listed(live.db, wanted.filter(), wanted.n, wanted.offset)
    shopper = visitor_if_named(caller, wanted.user_id, wanted.session_id)
    return live.search.find(wanted.filter(), *shopper)[wanted.offset : wanted.offset + wanted.n]


def _shown(row: ItemFacts, caller: Caller) -> CatalogueItem:
    """Return an item as a caller may see it: a page does not learn how many pieces there are."""
    return CatalogueItem(
        row.item_id, row.title, row.category, row.brand, None if row.price is None else from_micros(row.price),
        row.currency, row.image_url, row.url, None if caller.is_page else row.stock, row.in_stock, row.hidden,
    )  # fmt: skip
