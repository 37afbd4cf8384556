"""What one request says, in a model's numbers: who asks, what they did, and what the page and the cart hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.strategies import Asked, viewed_last
from aisle.app.serving.vocabulary import Numbers
from aisle.app.settings import PlacementSection
from aisle.engine.ranking.candidates import MOST
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.profile import as_of, to_query
from aisle.engine.shelf.attributes import ItemAttributes, attributes_of_rows
from aisle.engine.shelf.fallback import Floats, Found, Ints
from aisle.engine.shelf.filters import RequestContext
from aisle.engine.shelf.near_duplicates import near_duplicates
from aisle.engine.shelf.reranking import Shelved, shelve
from aisle.engine.shelf.rules import bind, with_pins
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop import moments
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage.events import EventRow
from aisle.storage.items import ItemRow

Exclude = Literal["none", "purchased"]

OWNING: Final = (EventKind.PURCHASE, EventKind.RATE)
"""What says that a shopper has an item: where there are stars, who rated it had it."""

CART: Final = "cart"
"""The strategy whose shelf leaves out what is nearly the same as something in the cart."""

SPARE: Final = 4
"""A strategy is asked for so many times the items that are shown: the rules leave some out."""


@dataclass(frozen=True, eq=False)
class Request:
    """A request for a shelf.

    Attributes
    ----------
    model
        What answers.
    numbers
        The model's item numbers, and those of items that it does not know.
    query
        The shopper's profile.
    context
        What the rules need to know of the shopper.
    item
        The item of the page, or `UNKNOWN`.
    cart
        What is in the cart, (items,).
    viewed
        What the shopper viewed, each item once, the newest first, (items,).
    """

    model: LiveModel
    numbers: Numbers
    query: QueryBatch
    context: RequestContext
    item: int
    cart: Ints
    viewed: Ints


def read(
    model: LiveModel, profile: Sequence[EventRow], exclude: Exclude, item_id: str | None, cart: Sequence[str]
) -> Request:
    """Turn what a request names into numbers.

    Parameters
    ----------
    profile
        What the shopper did, newest first.
    exclude
        Whether what they have is left out.
    item_id, cart
        The item of the page, and those in the cart.
    """
    numbers, now = Numbers(model.items), as_of(profile, model.data_end)
    query = to_query(profile, model.items, model.weights, now)
    items = numbers.numbers(row.item_id for row in profile)
    kinds = np.array([KIND_CODES[row.kind] for row in profile], np.int8)
    page, in_cart = numbers.numbers([item_id] if item_id else []), numbers.numbers(dict.fromkeys(cart))
    disliked = query.history.items[query.weights < 0]
    owned = items[np.isin(kinds, [KIND_CODES[kind] for kind in OWNING])] if exclude == "purchased" else items[:0]
    bought = kinds == KIND_CODES[EventKind.PURCHASE]
    context = RequestContext(
        now=now,
        left_out=np.concatenate((disliked, owned, in_cart, page)),
        bought=items[bought],
        bought_at=np.array([row.timestamp for row in profile], np.int64)[bought],
    )
    return Request(
        model, numbers, query, context, int(page[0]) if item_id else UNKNOWN, in_cart, viewed_last(items, kinds)
    )


def to_asked(
    request: Request, n: int, newest: Callable[[int], Sequence[str]], objective: Objective | None = None
) -> Asked:
    """Say what a strategy is asked for.

    Parameters
    ----------
    n
        How long the shelf is.
    newest
        Gives the ids of so many of the catalogue's newest items.
    objective
        What the shelf is for.
    """
    left_out = np.unique(request.context.left_out)
    known = left_out[left_out < len(request.model.items)]
    return Asked(
        model=request.model,
        query=request.query,
        left_out=ItemLists(np.array([0, len(known)]), known),
        item=request.item,
        cart=request.cart,
        viewed=request.viewed,
        newest=lambda many: request.numbers.numbers(newest(many)),
        many=max(SPARE * n, MOST),
        objective=objective,
    )


def put(
    request: Request,
    section: PlacementSection,
    look_up: Callable[[Sequence[str]], Sequence[ItemRow | None]],
    n: int,
    found: Found,
    candidates: Ints,
    scores: Floats,
) -> tuple[Ints, Shelved]:
    """Put candidates on a shelf by the rules, and by what the catalogue says of them at this moment.

    An item that neither the model nor the catalogue knows is none: an id that was mistyped, or sold out for good.

    Parameters
    ----------
    section
        What is set of the placement.
    look_up
        Returns the catalogue's rows of ids.

    Returns
    -------
    tuple
        The candidates with the pins among them, and the shelf.
    """
    model, numbers = request.model, request.numbers
    bound = bind(section.rules, numbers)
    candidates, scores = with_pins(candidates, scores, bound)
    everything = np.concatenate((candidates, request.cart))
    rows = look_up(numbers.ids(everything))
    attributes, vectors = _attributes(request, everything, rows), _contents(request, everything)
    nothing = [one for one, row in zip(everything, rows, strict=True) if row is None and one >= len(model.items)]
    shown, in_cart = np.split(np.arange(len(everything)), [len(candidates)])
    contents, of_cart = (None, None) if vectors is None else (vectors[shown], vectors[in_cart])
    left_out = np.concatenate((request.context.left_out, np.array([found.because, *nothing], np.int32)))
    context = replace(request.context, left_out=left_out)
    if section.strategy == CART:
        near = near_duplicates(attributes.take(shown), attributes.take(in_cart), contents, of_cart)
        context = replace(context, near_duplicates=near)
    return candidates, shelve(candidates, scores, attributes.take(shown), bound, n, context, contents)


def _attributes(request: Request, items: Ints, rows: Sequence[ItemRow | None]) -> ItemAttributes:
    model, numbers = request.model, request.numbers
    sales, tail = numbers.values(model.sales_per_day, items, np.nan), numbers.values(model.tail, items, True)
    return attributes_of_rows(rows, moments.now(), sales, tail, model.usual_cover)


def _contents(request: Request, items: Ints) -> Floats | None:
    contents = request.model.contents
    return None if contents is None else request.numbers.values(contents, items, 0)


def stars_of(request: Request, items: Ints) -> list[float | None]:
    """Return the stars that the shopper would give to items; None where nothing predicts them."""
    known = items < len(request.model.items)
    predicted = request.model.stars(request.query, items[known])
    stars: list[float | None] = [None] * len(items)
    if predicted is not None:
        for place, given in zip(np.flatnonzero(known), predicted.tolist(), strict=True):
            stars[place] = given
    return stars
