"""What shoppers of the same taste take lately: items by the tastes of those who took them in a recent window.

A matrix factorisation learns over months what goes together, and is slow to notice what is new. Here tastes come from
`recommenders.implicit.als`, and items from the last weeks alone: an item's vector is the sum of the tastes of the
shoppers who took it lately, so that a new item finds the shoppers who are like its first ones.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.ranges import Count, NotNegative, Positive
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]

_BLOCK: Final = 16_384


class AudienceConfig(Config, frozen=True):
    """The length of the vectors of taste, and what is recent."""

    window_days: Positive = 28.0
    """The shoppers who took an item in this many last days are its audience."""
    factors: Count = 64
    """Length of the vectors of taste."""
    shrinkage: NotNegative = 5.0
    """Added to the size of an audience when its sum is divided by the square root of it: a few shoppers say little."""


class Audience(HasItemVectors, FoldsIn, Explains, Recommender[AudienceConfig]):
    """An item's score is u · Σ v / √(n + shrinkage), over the tastes v of length 1 of the n shoppers of its audience.

    u is the taste of the query, folded in from its history alone. A query without a positive weight has scores of NaN.
    """

    name = "audience"

    item_vectors_: Annotated[Floats, "audiences"]
    als: ALS
    """The source of tastes."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Learn tastes from all data, and audiences from the window."""
        from scipy.sparse import csr_array

        self.als = ALS(self._als_config()).fit(data, seed=seed)
        log = data.votes
        recent = (log.user != UNKNOWN) & (log.weight > 0) & (data.now - log.timestamp <= self.config.window_days * DAY)
        pairs = np.unique(log.item[recent] * np.int64(len(data.users)) + log.user[recent])
        item, user = np.divmod(pairs, len(data.users))
        users, row = np.unique(user, return_inverse=True)
        audiences = csr_array((np.ones(len(pairs), np.float32), (item, row)), shape=(len(data.items), len(users)))
        size = np.diff(audiences.indptr)
        summed = audiences @ self._tastes(data, users)
        shrunk = np.sqrt(size + self.config.shrinkage).astype(np.float32)
        self.item_vectors_ = np.ascontiguousarray(summed / np.maximum(shrunk, 1e-6)[:, None], np.float32)
        return self

    def _als_config(self) -> ALSConfig:
        return ALSConfig(factors=self.config.factors)

    def _tastes(self, data: Interactions, users: NDArray[np.integer]) -> Floats:
        """Return the taste of each user, of length 1, or 0 for a user without a positive weight, (users, factors)."""
        rows = data.matrix[users]
        histories = ItemLists(rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False))
        queries = QueryBatch(histories, rows.data, np.zeros(rows.nnz, np.int64), data.now)
        tastes = np.zeros((len(users), self.config.factors), np.float32)
        for start in range(0, len(users), _BLOCK):
            block = queries.slice(start, min(start + _BLOCK, len(users)))
            tastes[start : start + _BLOCK] = np.nan_to_num(self.als.query_vectors(block))
        return np.asarray(tastes / np.maximum(np.linalg.norm(tastes, axis=1, keepdims=True), 1e-6), np.float32)

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return tastes (queries, factors)."""
        return self.als.query_vectors(queries)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        return self.als.explain_product(queries, query, self.item_vectors_[item])

    def arrays(self) -> dict[str, Array]:
        """Return the vectors of audiences, and the model of tastes."""
        return super().arrays() | self.als.arrays()

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        super().restore(arrays)
        self.als = ALS.from_arrays(self._als_config(), arrays)
