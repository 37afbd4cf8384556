"""The reasons of a shelf in words, from `engine.ranking.explain` and the catalogue."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.shelf import is_explored, name_of
from aisle.engine.placement import PlacedShelf, Placement
from aisle.engine.proposals import Ints
from aisle.engine.query import ShelfQuery
from aisle.engine.ranking.explain import POPULAR, Reason, reasons, sentence
from aisle.shop import moments
from aisle.shop.ids import UNKNOWN

EXPLORED: Final = "something new to you"
"""The reason of an item of which little is known."""

PINNED: Final = "chosen by the shop"
"""The reason of an item that no model knows."""


def reasons_of_shelf(
    placement: Placement, query: ShelfQuery, placed: PlacedShelf, catalogue: LiveCatalogue
) -> list[str]:
    """Return why each item is on a shelf, as shoppers read it."""
    ranked = _reasons_of_ranked(placement, query, placed, catalogue)
    return [EXPLORED if new else reason for new, reason in zip(is_explored(placed).tolist(), ranked, strict=True)]


def _reasons_of_ranked(
    placement: Placement, query: ShelfQuery, placed: PlacedShelf, catalogue: LiveCatalogue
) -> list[str]:
    """Return why each item would be there if it was ranked."""
    explanation = placed.proposal.fallback or placement.strategy
    if explanation.reason is not None:
        return [explanation.reason.format(_leading_name(query, placed, catalogue))] * len(placed.items)
    known = placed.items < len(query.model.items)
    by_model = iter(_by_model(explanation.model, query, placed.items[known], catalogue))
    return [next(by_model) if is_known else PINNED for is_known in known]


def in_words(reasons_of_items: Sequence[Reason], query: ShelfQuery, items: Ints, catalogue: LiveCatalogue) -> list[str]:
    """Put the reasons of some items into words."""
    now, ids, highlights = moments.now(), query.model.items.ids, query.model.highlights
    shown = [ids[item] for item in items.tolist()]
    earlier = ["" if reason.item is None else ids[reason.item] for reason in reasons_of_items]
    item_ids = [item_id for item_id in dict.fromkeys((*shown, *earlier)) if item_id]
    rows = dict(zip(item_ids, catalogue.rows(item_ids), strict=True))
    categories = [row.category if (row := rows[item_id]) else None for item_id in shown]
    phrases = [None if highlights is None else highlights.of(item) for item in items.tolist()]
    return [
        sentence(reason, now, name_of(leader, rows.get(leader)), category, phrase)
        for reason, leader, category, phrase in zip(reasons_of_items, earlier, categories, phrases, strict=True)
    ]


def _leading_name(query: ShelfQuery, placed: PlacedShelf, catalogue: LiveCatalogue) -> str:
    """Return the name of the item that a shelf is about; empty if it is about none."""
    leader = placed.proposal.because if placed.proposal.because != UNKNOWN else query.item
    if leader == UNKNOWN:
        return ""
    return catalogue.name(catalogue.vocabulary.ids(np.array([leader], np.int32))[0])


def _by_model(model: str | None, query: ShelfQuery, items: Ints, catalogue: LiveCatalogue) -> list[str]:
    """Return the reasons of a model for items; an item that it does not propose is popular."""
    retrieval = None if model is None else query.model.retrieval(model, query.objective)
    of_items: list[Reason | None] = [None] * len(items)
    if retrieval is not None:
        of_items = reasons(retrieval.personal, query.shopper, items, query.excluded)
    return in_words([reason or POPULAR for reason in of_items], query, items, catalogue)
