"""The reasons of a shelf in words: what `engine.ranking.explain` finds, with names and categories."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.request import Request
from aisle.app.serving.shelf import name_of
from aisle.app.serving.strategies import retrieval_of
from aisle.app.settings import PlacementSection
from aisle.engine.ranking.explain import POPULAR, Reason, reasons, sentence
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.shelf.fallback import Filled, Found
from aisle.recommenders.query import ItemLists
from aisle.shop import moments
from aisle.shop.ids import UNKNOWN
from aisle.storage.items import ItemRow

CHOSEN: Final = "chosen by the shop"
"""Why an item stands there that no model knows: it is pinned."""

LookUp = Callable[[Sequence[str]], Sequence[ItemRow | None]]
"""What the catalogue says of each id; None of those that it does not know."""

Catalogue = Callable[[Sequence[str]], Mapping[str, ItemRow]]
"""What the catalogue says of items by id; those that it does not know are missing."""


PROMISES: Final = {
    "similar": "like {}",
    "similar_instead": "like {}",
    "because_you_viewed": "because you viewed {}",
    "bought_together": "often bought with {}",
    "cart": "goes with what is in the cart",
    "buy_it_again": "you bought it before",
    "trending": "trending now",
    "new_arrivals": "new in the shop",
    "recently_viewed": "you looked at it",
}
"""What the strategies that are more than a model say of each item, and what may stand in for them; {} is the item that
the shelf follows from."""


def reasons_of_shelf(section: PlacementSection, request: Request, filled: Filled, look_up: LookUp) -> list[str]:
    """Return why each item stands on a shelf, in the language of shoppers.

    Parameters
    ----------
    section
        What is set of the placement.
    request
        What was asked for.
    filled
        The shelf.
    look_up
        Where names and categories come from.
    """
    model, items, found = request.model, filled.shelved.items, filled.found
    promise = PROMISES.get(section.strategy if found.fallback is None else found.fallback)
    if promise is not None:
        return [promise.format(_leader(request, found, look_up))] * len(items)
    known = items < len(model.items)
    retrieval = retrieval_of(section.strategy, model, section.objective) if found.fallback is None else None
    if found.fallback == "personal_instead":
        retrieval = model.retrieval(objective=section.objective)
    said = iter(_by_model(retrieval, request, items[known], look_up))
    return [next(said) if one else CHOSEN for one in known]


def _leader(request: Request, found: Found, look_up: LookUp) -> str:
    """Return the name of the item that a shelf follows from; empty where it follows from none."""
    leader = found.because if found.because != UNKNOWN else request.item
    if leader == UNKNOWN:
        return ""
    ids = request.numbers.ids(np.array([leader], np.int32))
    return name_of(ids[0], look_up(ids)[0])


def _by_model(retrieval: Retrieval | None, request: Request, items: NDArray[np.int32], look_up: LookUp) -> list[str]:
    """Return the reasons of items that a model ranks; what it does not propose, or nobody ranks, is popular."""
    found: list[Reason | None] = [None] * len(items)
    if retrieval is not None:
        left_out = np.unique(request.context.left_out)
        known = left_out[left_out < len(request.model.items)]
        found = reasons(retrieval.personal, request.query, items, ItemLists(np.array([0, len(known)]), known))

    def catalogue(ids: Sequence[str]) -> dict[str, ItemRow]:
        return {one: row for one, row in zip(ids, look_up(ids), strict=True) if row is not None}

    return in_words([one or POPULAR for one in found], request.model, items, catalogue)


def in_words(found: Sequence[Reason], model: LiveModel, shown: NDArray[np.int32], catalogue: Catalogue) -> list[str]:
    """Put reasons for some items into words."""
    now, ids, praise = moments.now(), model.items.ids, model.praise
    items = [ids[number] for number in shown.tolist()]
    praised = [None if praise is None else praise.of(number) for number in shown.tolist()]
    earlier = ["" if one.item is None else ids[one.item] for one in found]
    rows = catalogue([one for one in dict.fromkeys((*items, *earlier)) if one])
    return [
        sentence(reason, now, name_of(before, rows.get(before)), row.category if (row := rows.get(item)) else None, one)
        for reason, before, item, one in zip(found, earlier, items, praised, strict=True)
    ]
