"""Scores that are the same for everybody."""

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Ranked, Scores
from aisle.recommenders.topn import in_order, topn_of_all


class FixedScores:
    """What the models share in which an item has one score for all; a class lists it before `Recommender`."""

    scores_: NDArray[np.float32]
    """The score of each item, (items,)."""

    _order: tuple[NDArray[np.float32], NDArray[np.int32]] | None = None
    """The scores that were ordered, and their order: it is found once."""

    @property
    def same_for_all(self) -> bool:
        """Whether every query gets the same scores."""
        return True

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for every query, as a read-only view."""
        row = self.scores_ if items is None else self.scores_[items]
        return np.broadcast_to(row, (len(queries), len(row)))

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""
        return topn_of_all(self.scores_, self._best_first, len(queries), n, exclude)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items, and the scores of others, the same for every query."""
        return Scores(self.retrieve(queries, n), lambda _, item: self.scores_[item])

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the n best items, and the scores of others."""
        best = self._best_first[:n]
        return Listing(self.scores_[best], best, self.scores_)

    @property
    def _best_first(self) -> NDArray[np.int32]:
        """The items by their scores, best first, (items,)."""
        if self._order is None or self._order[0] is not self.scores_:
            self._order = self.scores_, in_order(self.scores_)
        return self._order[1]

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.scores_)
