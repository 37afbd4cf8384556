"""A history smoothed over the graph of shoppers and items: a linear filter plus an ideal low-pass filter.

Shen et al., "How Powerful is Graph Convolution for Recommendation?" (2021), GF-CF. With the matrix R of weights and the
diagonal matrices D_U and D_I of its row and column sums, R̃ = D_U^-½ R D_I^-½, and V its leading right singular vectors,
a history x scores

    x (R̃ᵀR̃ + α D_I^-½ V Vᵀ D_I^½)

Of R̃ᵀR̃, only the nearest neighbours of each item are kept.
"""

from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.cells import EXACT_ITEMS, pair_products
from aisle.recommenders.query import QueryBatch, Ranked, Scores
from aisle.recommenders.ranges import Count, Neighbours, NotNegative
from aisle.recommenders.reach import ListedReach, reach
from aisle.recommenders.sparse import (
    answered,
    dense_products,
    entries_of,
    history_rows,
    products,
    scaled,
    top_products,
    training_rows,
)
from aisle.recommenders.topn import topn

if TYPE_CHECKING:
    from scipy.sparse import csr_array


Floats = NDArray[np.float32]


MOST_LINKS: Final = 100_000_000
"""All items together keep at most so many links, which take eight bytes each."""

KEPT: Final = 500
"""In a catalogue too large to filter every item, the low-pass filter reaches so many items of each query: the best by
the linear filter."""


class GraphFilterConfig(Config, frozen=True):
    """The strength and the reach of both filters."""

    rank: Count = 512
    """The number of singular vectors in the low-pass filter."""
    alpha: NotNegative = 0.3
    """The strength of the low-pass filter beside the linear one."""
    neighbours: Neighbours = 2000
    """The number of items that each item links to in the linear filter; fewer in a catalogue that leaves no memory."""


class GraphFilter(FoldsIn, Explains, Recommender[GraphFilterConfig]):
    """Scores are the filtered history; nothing of the users is stored.

    A query without a positive weight has scores of NaN.
    """

    name = "graph_filter"

    links_: CSR
    """The linear filter, (items, items)."""
    directions_: Floats
    """V, (items, rank)."""
    popularity_: Floats
    """D_I^½: the square root of the sum of an item's weights, 1 where nobody wants it, (items,)."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Multiply the linear filter out, keep the best links of each item, and find the singular vectors."""
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.subspace import leading_directions

        config = self.config
        rows = training_rows(data.matrix)
        of_users, of_items = (_sums(data.matrix, axis) for axis in (1, 0))
        self.popularity_ = np.sqrt(of_items)
        normalised = scaled(rows, of_users ** np.float32(-0.5), np.reciprocal(self.popularity_))
        by_item = normalised.transposed(len(of_items))
        sizes = np.ones_like(of_items)
        neighbours = max(1, min(config.neighbours, MOST_LINKS // len(sizes)))
        self.links_ = top_products(by_item, normalised, Denominator(sizes, sizes, 0.0, False), neighbours)
        self.directions_ = leading_directions(normalised, by_item, config.rank, seed)
        return self

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query, and the scores of others."""
        if self.items_count <= EXACT_ITEMS:
            return super().scores(queries, n)
        history = history_rows(queries)
        linear = reach(queries, history, self.links_).answering(queries)
        smoothed = self._smoothed(history)

        def of(query: NDArray[np.int64], item: NDArray[np.int32]) -> Floats:
            smooth = pair_products(smoothed, self.directions_, query, item)
            sums: Floats = linear.of(query, item) + np.float32(self.config.alpha) * self.popularity_[item] * smooth
            return sums

        if isinstance(linear, ListedReach):
            return Scores(linear.scored_anew(linear.best(KEPT), of).best(n), of)
        kept = np.sort(linear.best(KEPT).items, axis=1)
        query, place = np.nonzero(kept >= 0)
        sums = np.full(kept.shape, np.nan, np.float32)
        sums[query, place] = of(query, kept[query, place])
        best = topn(sums, n)
        items = np.where(best.items < 0, -1, np.take_along_axis(kept, best.items, axis=1))
        return Scores(Ranked(items, best.scores), of)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return filtered histories; NaN for a query without a positive weight."""
        history = history_rows(queries)
        scores = products(history, self.links_, self.items_count)
        smooth = self._smoothed(history) @ self.directions_.T
        smooth *= np.float32(self.config.alpha) * self.popularity_
        scores += smooth
        return answered(scores, queries, items)

    def _smoothed(self, history: CSR) -> Floats:
        """Return x D_I^-½ V of histories x, (queries, rank)."""
        shares = history.values * np.reciprocal(self.popularity_[history.indices])
        return dense_products(history._replace(values=shares), self.directions_)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        single = queries.single(query)
        entries = single.history.items
        smooth = self.directions_[entries] @ self.directions_[item] / self.popularity_[entries]
        smooth *= np.float32(self.config.alpha) * self.popularity_[item]
        reach: Floats = entries_of(self.links_, entries, item) + smooth
        return single.weights * reach

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.popularity_)


def _sums(matrix: "csr_array", axis: int) -> Floats:
    """Return the sums of rows (axis 1) or columns (axis 0), 1 for an empty one."""
    sums = np.asarray(matrix.sum(axis=axis))
    return np.where(sums > 0, sums, 1).astype(np.float32)
