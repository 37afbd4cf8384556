"""The reasons of a shelf in words: what `engine.explain` finds, with the names and categories of the catalogue."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aisle.app.live_model import LiveModel
from aisle.app.shelf import name_of
from aisle.engine.explain import POPULAR, Reason, reasons, sentence
from aisle.engine.retrieval import Retrieves
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop import moments
from aisle.storage.items import ItemRow

Catalogue = Callable[[Sequence[str]], Mapping[str, ItemRow]]
"""What the catalogue says of items by id; those that it does not know are missing."""


def reasons_in_words(
    model: LiveModel,
    personal: Retrieves | None,
    query: QueryBatch,
    shown: NDArray[np.int32],
    catalogue: Catalogue,
    exclude: ItemLists | None = None,
) -> list[str]:
    """Return why each item stands on a shopper's shelf, in their language.

    Parameters
    ----------
    model
        The live one.
    personal
        What filled the shelf; None for the popular shelf.
    query
        The shopper's.
    shown
        What stands there, (shown,); what the personal model does not propose was filled up with what is popular.
    catalogue
        Where names and categories come from.
    exclude
        What was out of the question when the shelf was filled.
    """
    found = [None] * len(shown) if personal is None else reasons(personal, query, shown, exclude)
    return in_words([one or POPULAR for one in found], model, shown, catalogue)


def in_words(found: Sequence[Reason], model: LiveModel, shown: NDArray[np.int32], catalogue: Catalogue) -> list[str]:
    """Put reasons for some items into words."""
    now, ids = moments.now(), model.items.ids
    items = [ids[number] for number in shown.tolist()]
    earlier = ["" if one.item is None else ids[one.item] for one in found]
    rows = catalogue([one for one in {*items, *earlier} if one])
    return [
        sentence(reason, now, name_of(before, rows.get(before)), row.category if (row := rows.get(item)) else None)
        for reason, before, item in zip(found, earlier, items, strict=True)
    ]
