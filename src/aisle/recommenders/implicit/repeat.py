"""What the shopper took before, once more: their own items, by how often and how lately."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import NoSettings, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.reach import DenseReach, ListedReach, Reach, is_listed
from aisle.recommenders.recency import RanksTheRest, popular_rest
from aisle.recommenders.sparse import history_rows


class Repeat(RanksTheRest, FoldsIn, Explains, Recommender[NoSettings]):
    """The items of the history with a positive weight, by that weight.

    Weights add up over events and fade with their age, so what is taken often and lately comes first. All other items
    come after these, in the order of their popularity, and a query without a positive weight has scores of NaN.
    """

    name = "repeat"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Order the catalogue by popularity; all else is in the queries."""
        log = data.votes
        liked = log.item[log.weight > 0]
        self.rest_ = popular_rest(np.bincount(liked, minlength=len(data.items)))
        return self

    def _reached(self, queries: QueryBatch) -> Reach:
        """Return the weights of histories above 0."""
        history = history_rows(queries)
        liked = history.values > 0
        if is_listed(queries):
            return ListedReach(history.indices[liked], history.values[liked], self.items_count)
        scores = np.zeros((len(queries), self.items_count), np.float32)
        scores[history.rows[liked], history.indices[liked]] = history.values[liked]
        return DenseReach(scores)

    def explain(self, queries: QueryBatch, query: int, item: int) -> NDArray[np.float32]:
        """Return the weight of the item itself, and 0 for all other entries, (entries,)."""
        single = queries.single(query)
        return np.where(single.history.items == item, np.maximum(single.weights, 0), np.float32(0))
