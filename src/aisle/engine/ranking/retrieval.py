"""From a query to ranked items: the personal model first, popular items where it has too few."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Recommender, Retrieves
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked


@dataclass(frozen=True, eq=False)
class Retrieval:
    """The two models behind a shelf.

    Attributes
    ----------
    personal
        Ranks items for shoppers with a history.
    popular
        Fills the places that are left, and the shelves of all other shoppers.
    """

    personal: Retrieves
    popular: Recommender[Any]

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, as `shelves` does."""
        return self.shelves(queries, n, exclude)[0]

    def own(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> tuple[Ranked, NDArray[np.bool_]]:
        """Return what the personal model itself ranks for each query, and which queries (queries,) it cannot answer.

        A model that folds in histories cannot answer a query without one, and is not asked; nor is one of taste about a
        shopper who likes nothing yet: whoever only hid an item would be shown more of its kind.
        """
        if not isinstance(self.personal, FoldsIn):
            ranked = self.personal.retrieve(queries, n, exclude)
            return ranked, ranked.items[:, 0] < 0
        knows_stars = isinstance(self.personal, PredictsRatings)
        asked = np.flatnonzero(np.diff(queries.history.indptr) if knows_stars else ~queries.likes_nothing)
        if len(asked) == len(queries):
            ranked = self.personal.retrieve(queries, n, exclude)
            return ranked, ranked.items[:, 0] < 0
        ranked = Ranked.nothing(len(queries), n)
        if len(asked):
            answer = self.personal.retrieve(queries.take(asked), n, exclude.take(asked) if exclude else None)
            ranked.items[asked], ranked.scores[asked] = answer.items, answer.scores
        return ranked, ranked.items[:, 0] < 0

    def shelves(
        self, queries: QueryBatch, n: int, exclude: ItemLists | None = None
    ) -> tuple[Ranked, NDArray[np.bool_]]:
        """Return the n best items of each query, and which shelves (queries,) are the popular shelf.

        A shelf is as long as the catalogue allows, and never shows an item that the shopper returned or rated badly.
        A query that the personal model cannot answer gets the popular shelf with its scores. Popular items that only
        fill a shelf up have the score NaN, as the scores of two models cannot be compared.
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
    """Add the items that each shopper disliked, those with a negative weight, to the excluded lists."""
    disliked = queries.weights < 0
    if not disliked.any():
        return exclude
    lists = ItemLists.of_pairs(queries.history.queries[disliked], queries.history.items[disliked], len(queries))
    return lists if exclude is None else exclude.joined(lists)


def _fill(items: NDArray[np.int32], scores: NDArray[np.float32], spare: NDArray[np.int32]) -> None:
    """Put the spare items that are not on the list yet into its empty places."""
    empty = np.flatnonzero(items < 0)
    new = spare[(spare >= 0) & ~np.isin(spare, items)][: len(empty)]
    places = empty[: len(new)]
    items[places] = new
    scores[places] = np.nan
