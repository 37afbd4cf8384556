"""What a recommender can do beyond scoring: declared by its class, never found out by trying.

A class lists its abilities before `Recommender`: some of them bring methods that `Recommender` leaves open.
"""

from abc import ABC, abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.cells_numpy import Bearings, Cells, bearings
from aisle.recommenders.cells import index, pair_products, top_in_cells
from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Ranked, Scores
from aisle.recommenders.topn import topn_positive, topn_vectors
from aisle.shop.errors import InputError

Floats = NDArray[np.float32]


class FoldsIn:
    """Ability: personal scores for a shopper who was not in the training data, from their history alone."""


class HasItemVectors(ABC):
    """Ability: scores are inner products of query vectors and item vectors."""

    item_vectors_: Floats
    """Vectors (items, factors) float32, C-contiguous."""
    cells_: Annotated[Cells | None, "cells_"] = None
    """The index of a large catalogue; without one, every item is scored."""
    bearings_: Annotated[Bearings | None, "bearings_"] = None
    """The bearings of indexed vectors; None in a bundle of an earlier version, in which every vector is read."""

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.item_vectors_)

    @abstractmethod
    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return vectors (queries, factors) float32, C-contiguous; NaN for a query without a positive weight."""

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return inner products; NaN for a query without a positive weight."""
        vectors = self.item_vectors_ if items is None else self.item_vectors_[items]
        return self.query_vectors(queries) @ vectors.T

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, scored and ranked in one go."""
        if self.cells_ is None:
            return topn_vectors(self.query_vectors(queries), self.item_vectors_, n, exclude)
        longest = 0 if exclude is None else int(np.diff(exclude.indptr).max(initial=0))
        ranked = top_in_cells(self.query_vectors(queries), self.item_vectors_, self.cells_, n + longest, self.bearings_)
        return ranked if exclude is None or longest == 0 else ranked.without(exclude, n)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query with a score above 0, and the scores of any others."""
        vectors = self.query_vectors(queries)
        if self.cells_ is None:
            scores = vectors @ self.item_vectors_.T
            return Scores(topn_positive(scores, n), lambda query, item: scores[query, item])
        best = top_in_cells(vectors, self.item_vectors_, self.cells_, n, self.bearings_)
        return Scores(best, lambda query, item: pair_products(vectors, self.item_vectors_, query, item))

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the scores of all items for a single query, or of an index the n best."""
        if self.cells_ is None:
            return Listing((self.query_vectors(query) @ self.item_vectors_.T)[0])
        return Listing.of_best(self.scores(query, n))

    def index(self, seed: int) -> None:
        """Find the cells of the item vectors, if there are too many to score each of them."""
        self.cells_ = index(self.item_vectors_, seed)
        self.bearings_ = None if self.cells_ is None else bearings(self.item_vectors_, self.cells_)


class HasSupport(ABC):
    """Ability: links between items, and of each how many shoppers or sessions it rests on."""

    @abstractmethod
    def support(self, earlier: int, item: int) -> int:
        """Return how many shoppers or sessions link an item to an earlier one."""


class PredictsRatings(ABC):
    """Ability: scores are stars on the shop's own scale.

    Scores may lie beyond the ends of the scale, so that the best items stay apart; `stars` cuts them off for display.
    The item with the most predicted stars is rarely the one that a shopper takes next: such a model ranks worse than
    one that learns what shoppers do.
    """

    @property
    @abstractmethod
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating in the training data."""

    @property
    @abstractmethod
    def users_count(self) -> int:
        """The number of users in the training data."""

    @property
    @abstractmethod
    def items_count(self) -> int:
        """The number of items that the model knows."""

    def stars(self, scores: Floats) -> Floats:
        """Return scores with those beyond an end of the scale moved to that end."""
        return np.clip(scores, *self.scale)

    def predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        """Return the predicted stars of pairs, (pairs,), within the scale.

        Users are as the training left them, and their histories are not needed: the quick way for many pairs of known
        users. `score` answers for everybody.

        Parameters
        ----------
        users, items
            Numbers of the training data, (pairs,).

        Raises
        ------
        InputError
            If a number is not in the training data.
        """
        for kind, numbers, count in (("user", users, self.users_count), ("item", items, self.items_count)):
            unknown = numbers[(numbers < 0) | (numbers >= count)]
            if len(unknown):
                raise InputError(f"{kind} {unknown[0]} was not in the training data; score a query instead")
        return self.stars(self._predict(users, items))

    @abstractmethod
    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        """Return the predicted stars of pairs, also beyond the scale."""


class Explains(ABC):
    """Ability: says how much each item of the history contributes to a score."""

    @abstractmethod
    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
