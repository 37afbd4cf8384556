"""Shelves: for a shopper or a session, beside an item, of the whole shop; and given items in a shopper's order."""

import time
from math import isnan

from msgspec import structs

from aisle.app.serve import SIMILAR_PLACEMENT, Live
from aisle.app.serving.shelf import Shelf
from aisle.engine.request import ShelfRequest
from aisle.shop.errors import InputError
from aisle.shop.ids import check_id
from aisle.web import metrics
from aisle.web.access.caller import Caller
from aisle.web.api.rehearsal import rehearse_now_and_then
from aisle.web.api.shelf_schemas import (
    MAX_SHELF,
    AboutItem,
    OfShop,
    Page,
    PageWanted,
    Ranked,
    RankedItem,
    RankWanted,
    Recommendations,
    ShelfWanted,
    Sort,
    visitor,
)


def recommendations(live: Live, caller: Caller, wanted: ShelfWanted) -> Recommendations:
    """Return a shopper's shelf, or a page of it."""
    started = time.perf_counter()
    request = wanted.request(caller)
    if wanted.recommendation_id is not None:
        whole = live.paged.find(wanted.recommendation_id, request.user_id, request.session_id)
    elif wanted.offset is None and wanted.sort == "best":
        rehearse_now_and_then(live, request)
        return _answer(live.shelf_to_show(request), started)
    else:
        asked = structs.replace(request, n=MAX_SHELF, explore=wanted.sort == "best")
        whole = _sorted(live.shelf(asked), wanted.sort)
        if wanted.offset is not None:
            live.paged.keep(whole, request.user_id, request.session_id)
    first = wanted.offset or 0
    shelf = structs.replace(whole, items=whole.items[first : first + wanted.n])
    live.note_shown(shelf, request, first + 1)
    return _answer(shelf, started)


def page(live: Live, caller: Caller, wanted: PageWanted) -> Page:
    """Return the shelves of a page, each item once."""
    started = time.perf_counter()
    shelves = live.page(wanted.request(caller), wanted.placements, to_show=True)
    took = time.perf_counter() - started
    for shelf in shelves:
        metrics.note_shelf(shelf, took / len(shelves))
    return Page([Recommendations.from_shelf(shelf) for shelf in shelves], round(took * 1000, 3))


def similar(live: Live, _caller: Caller, wanted: AboutItem) -> Recommendations:
    """Return the items most like an item."""
    return _about(live, SIMILAR_PLACEMENT, wanted)


def bought_together(live: Live, _caller: Caller, wanted: AboutItem) -> Recommendations:
    """Return what is bought together with an item."""
    return _about(live, "frequently-bought-together", wanted)


def trending(live: Live, _caller: Caller, wanted: OfShop) -> Recommendations:
    """Return the items that gain popularity."""
    return _of_shop(live, "trending", wanted)


def bestsellers(live: Live, _caller: Caller, wanted: OfShop) -> Recommendations:
    """Return the items that sell best."""
    return _of_shop(live, "bestsellers", wanted)


def rank(live: Live, caller: Caller, wanted: RankWanted) -> Ranked:
    """Return the given items in the order of a shopper's taste."""
    item_ids = [check_id(item_id, "item_ids") for item_id in wanted.item_ids]
    if len(set(item_ids)) < len(item_ids):
        raise InputError("item_ids names an item twice; name each once")
    ordered = live.rank(item_ids, *visitor(caller, wanted.user_id, wanted.session_id))
    return Ranked([RankedItem(item_id, None if isnan(score) else score) for item_id, score in ordered])


def _about(live: Live, placement: str, wanted: AboutItem) -> Recommendations:
    started = time.perf_counter()
    item_id = check_id(wanted.item_id, "item_id")
    return _answer(live.shelf_to_show(ShelfRequest(placement=placement, item_id=item_id, n=wanted.n)), started)


def _of_shop(live: Live, placement: str, wanted: OfShop) -> Recommendations:
    started = time.perf_counter()
    given = {"categories": wanted.category, "brands": wanted.brand}
    rules = {name: value for name, value in given.items() if value}
    return _answer(live.shelf_to_show(ShelfRequest(placement=placement, n=wanted.n, rules=rules)), started)


def _answer(shelf: Shelf, started: float) -> Recommendations:
    took = time.perf_counter() - started
    metrics.note_shelf(shelf, took)
    return Recommendations.from_shelf(shelf, round(took * 1000, 3))


def _sorted(shelf: Shelf, sort: Sort) -> Shelf:
    """Return a shelf by price; items without a price come last."""
    if sort == "best":
        return shelf
    sign = -1 if sort == "-price" else 1
    items = sorted(shelf.items, key=lambda item: (item.price is None, sign * (item.price or 0)))
    return structs.replace(shelf, items=items)
