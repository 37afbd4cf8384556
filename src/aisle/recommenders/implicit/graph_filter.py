"""A history smoothed over the graph of shoppers and items: a linear filter plus an ideal low-pass filter.

Shen et al., "How Powerful is Graph Convolution for Recommendation?" (2021), GF-CF. With the matrix R of weights and the
diagonal matrices D_U and D_I of its row and column sums, R̃ = D_U^-½ R D_I^-½, and V its leading right singular vectors,
a history x scores

    x (R̃ᵀR̃ + α D_I^-½ V Vᵀ D_I^½)

R̃ᵀR̃ is kept for the nearest neighbours of each item only.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Likeness
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.similarity import Neighbours
from aisle.recommenders.sparse import (
    answered,
    dense_products,
    entries_of,
    history_rows,
    products,
    scaled,
    top_products,
    training_rows,
    transposed,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Rank = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Strength = Annotated[float, msgspec.Meta(ge=0)]


class GraphFilterConfig(Config, frozen=True):
    """The strength and the reach of both filters."""

    rank: Rank = 512
    """How many singular vectors the low-pass filter lets through."""
    alpha: Strength = 0.3
    """The strength of the low-pass filter beside the linear one."""
    neighbours: Neighbours = 2000
    """How many items each item speaks for in the linear filter."""


class GraphFilter(Recommender[GraphFilterConfig], FoldsIn, Explains):
    """Scores are the filtered history; nothing of the users is kept. A query that likes nothing has scores of NaN."""

    name = "graph_filter"
    config_type: ClassVar[type[Config]] = GraphFilterConfig

    links_: CSR
    """The linear filter, (items, items)."""
    directions_: Floats
    """V, (items, rank)."""
    popularity_: Floats
    """The square root of what an item weighs, D_I^½, 1 where nobody wants it, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Multiply the linear filter out, keeping the best of each item, and find the singular vectors.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number.
        """
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.subspace import leading_directions

        config = self.config
        rows = training_rows(data.matrix)
        of_users, of_items = (_sums(data.matrix, axis) for axis in (1, 0))
        self.popularity_ = np.sqrt(of_items)
        normalised = scaled(rows, of_users ** np.float32(-0.5), np.reciprocal(self.popularity_))
        by_item = transposed(normalised, len(of_items))
        sizes = np.ones_like(of_items)
        self.links_ = top_products(by_item, normalised, Likeness(sizes, sizes, 0.0, False), config.neighbours)
        self.directions_ = leading_directions(normalised, by_item, config.rank, seed)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return filtered histories; NaN for a query that likes nothing."""
        history = history_rows(queries)
        scores = products(history, self.links_, self.items_count)
        shares = scaled(history, np.ones(len(queries), np.float32), np.reciprocal(self.popularity_))
        smooth = dense_products(shares, self.directions_) @ self.directions_.T
        smooth *= np.float32(self.config.alpha) * self.popularity_
        scores += smooth
        return answered(scores, history, items)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,); the sum is it."""
        one = queries.slice(query, query + 1)
        entries = one.history.items
        smooth = self.directions_[entries] @ self.directions_[item] / self.popularity_[entries]
        smooth *= np.float32(self.config.alpha) * self.popularity_[item]
        reach: Floats = entries_of(self.links_, entries, item) + smooth
        return one.weights * reach

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.popularity_)

    def arrays(self) -> dict[str, Array]:
        """Return both filters."""
        return self.links_._asdict() | {"directions": self.directions_, "popularity": self.popularity_}

    @classmethod
    def from_arrays(cls, config: GraphFilterConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its filters."""
        model = cls(config)
        model.links_ = CSR(**{name: np.asarray(arrays[name]) for name in CSR._fields})
        model.directions_ = np.asarray(arrays["directions"])
        model.popularity_ = np.asarray(arrays["popularity"])
        return model


def _sums(matrix: "csr_array", axis: int) -> Floats:
    """Return the sums of rows (axis 1) or columns (axis 0), 1 where there is nothing."""
    sums = np.asarray(matrix.sum(axis=axis))
    return np.where(sums > 0, sums, 1).astype(np.float32)
