"""What shoppers of the same taste take lately: items by the tastes of those who took them in a recent window.

A matrix factorisation learns over months what goes together, and is slow to notice what is new. Here tastes come from
`recommenders.implicit.als`, and items from the last weeks alone: an item's vector is the sum of the tastes of its
latest takers, so that what just came in finds the shoppers who are like its first ones.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import topn_vectors
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]

_BLOCK: Final = 16_384


class AudienceConfig(Config, frozen=True):
    """Whose tastes, and what is recent."""

    window_days: Annotated[float, msgspec.Meta(gt=0)] = 28.0
    """Who took an item in so many last days is its audience."""
    factors: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    """Length of the vectors of taste."""
    shrinkage: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """Added to the size of an audience when its sum is divided by the square root of it: few takers say little."""


class Audience(Recommender[AudienceConfig], FoldsIn, HasItemVectors, Explains):
    """An item's score is u · Σ v / √(n + shrinkage), over the tastes v of length 1 of its n takers in the window.

    u is the taste of the query, folded in from its history alone. A query that likes nothing has scores of NaN.
    """

    name = "audience"
    config_type: ClassVar[type[Config]] = AudienceConfig

    als_: ALS
    """What gives everybody a taste."""
    item_vectors_: Floats
    """The audience of each item, (items, factors)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Learn tastes from everything, and audiences from the window.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number.
        """
        from scipy.sparse import csr_array

        self.als_ = ALS(self._als_config()).fit(data, seed=seed)
        log = data.log
        recent = (log.user != UNKNOWN) & (log.weight > 0) & (data.now - log.timestamp <= self.config.window_days * DAY)
        pairs = np.unique(log.item[recent] * np.int64(len(data.users)) + log.user[recent])
        item, user = np.divmod(pairs, len(data.users))
        users, row = np.unique(user, return_inverse=True)
        takers = csr_array((np.ones(len(pairs), np.float32), (item, row)), shape=(len(data.items), len(users)))
        size = np.diff(takers.indptr)
        summed = takers @ self._tastes(data, users)
        shrunk = np.sqrt(size + self.config.shrinkage).astype(np.float32)
        self.item_vectors_ = np.ascontiguousarray(summed / np.maximum(shrunk, 1e-6)[:, None], np.float32)
        return self

    def _als_config(self) -> ALSConfig:
        return ALSConfig(factors=self.config.factors)

    def _tastes(self, data: "Interactions", users: NDArray[np.integer]) -> Floats:
        """Return the taste of each user, of length 1, or 0 for whoever likes nothing, (users, factors)."""
        rows = data.matrix[users]
        histories = ItemLists(rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False))
        queries = QueryBatch(histories, rows.data, np.zeros(rows.nnz, np.int64), data.now)
        tastes = np.zeros((len(users), self.config.factors), np.float32)
        for start in range(0, len(users), _BLOCK):
            part = queries.slice(start, min(start + _BLOCK, len(users)))
            tastes[start : start + _BLOCK] = np.nan_to_num(self.als_.query_vectors(part))
        return np.asarray(tastes / np.maximum(np.linalg.norm(tastes, axis=1, keepdims=True), 1e-6), np.float32)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return inner products of tastes and audiences; NaN for a query that likes nothing."""
        vectors = self.item_vectors if items is None else self.item_vectors[items]
        return self.query_vectors(queries) @ vectors.T

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, scored and ranked in one go."""
        return topn_vectors(self.query_vectors(queries), self.item_vectors, n, exclude)

    @property
    def item_vectors(self) -> Floats:
        """Audiences (items, factors) float32, C-contiguous."""
        return self.item_vectors_

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return tastes (queries, factors)."""
        return self.als_.query_vectors(queries)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,); the sum is it."""
        return self.als_.explain_product(queries, query, self.item_vectors_[item])

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.item_vectors_)

    def arrays(self) -> dict[str, Array]:
        """Return the audiences, and what folds a history in."""
        return {"audiences": self.item_vectors_, **self.als_.arrays()}

    @classmethod
    def from_arrays(cls, config: AudienceConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its arrays."""
        model = cls(config)
        model.als_ = ALS.from_arrays(model._als_config(), arrays)
        model.item_vectors_ = np.asarray(arrays["audiences"])
        return model
