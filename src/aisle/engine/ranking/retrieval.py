"""From a query to the items of a shelf: personal first, popular where the personal model has nothing to say."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Recommender, Retrieves
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked


@dataclass(frozen=True, eq=False)
class Retrieval:
    """The two models behind a shelf.

    Attributes
    ----------
    personal
        Ranks for whoever has a history.
    popular
        Fills what is left, and answers for everybody else.
    """

    personal: Retrieves
    popular: Recommender[Any]

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, as `shelves` does."""
        return self.shelves(queries, n, exclude)[0]

    def own(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> tuple[Ranked, NDArray[np.bool_]]:
        """Return what the personal model itself ranks for each query, and for which queries (queries,) it is nothing.

        It is nothing for whoever has no history, where the model goes by histories.
        """
        ranked = self.personal.retrieve(queries, n, exclude)
        impersonal = ranked.items[:, 0] < 0
        if isinstance(self.personal, FoldsIn):
            impersonal |= np.diff(queries.history.indptr) == 0
        return ranked, impersonal

    def shelves(
        self, queries: QueryBatch, n: int, exclude: ItemLists | None = None
    ) -> tuple[Ranked, NDArray[np.bool_]]:
        """Return the n best items of each query, and which shelves (queries,) are just the popular one.

        No shelf is shorter than the catalogue allows, and none shows what the shopper sent back or rated badly.
        Whoever has no history, or none that the model can place, gets the popular shelf with its scores; places that
        the model leaves empty are filled with popular items whose score is NaN, as scores of two models do not compare.
        """
        exclude = with_disliked(exclude, queries)
        shelf, impersonal = self.own(queries, n, exclude)
        short = np.flatnonzero(impersonal | (shelf.items < 0).any(axis=1))
        if len(short) == 0:
            return shelf, impersonal
        # A popular item may stand on the shelf already, so twice n of them are enough to fill it.
        spare = self.popular.retrieve(queries.take(short), 2 * n, exclude.take(short) if exclude else None)
        for row, items, scores in zip(short, spare.items, spare.scores, strict=True):
            if impersonal[row]:
                shelf.items[row], shelf.scores[row] = items[:n], scores[:n]
            else:
                _fill(shelf.items[row], shelf.scores[row], items)
        return shelf, impersonal


def with_disliked(exclude: ItemLists | None, queries: QueryBatch) -> ItemLists | None:
    """Add to the excluded lists what each history speaks against."""
    disliked = queries.weights < 0
    if not disliked.any():
        return exclude
    unwanted = ItemLists.of_pairs(queries.history.queries[disliked], queries.history.items[disliked], len(queries))
    return unwanted if exclude is None else exclude.joined(unwanted)


def _fill(items: NDArray[np.int32], scores: NDArray[np.float32], spare: NDArray[np.int32]) -> None:
    """Put the spare items that are not there yet into the empty places."""
    empty = np.flatnonzero(items < 0)
    fresh = spare[(spare >= 0) & ~np.isin(spare, items)][: len(empty)]
    places = empty[: len(fresh)]
    items[places] = fresh
    scores[places] = np.nan
