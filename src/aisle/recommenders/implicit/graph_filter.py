"""A history smoothed over the graph of shoppers and items: a linear filter plus an ideal low-pass filter.

Shen et al., "How Powerful is Graph Convolution for Recommendation?" (2021), GF-CF. With the matrix R of weights and the
diagonal matrices D_U and D_I of its row and column sums, R̃ = D_U^-½ R D_I^-½, and V its leading right singular vectors,
a history x scores

    x (R̃ᵀR̃ + α D_I^-½ V Vᵀ D_I^½)

Of R̃ᵀR̃, only the nearest neighbours of each item are kept. In a small catalogue both filters are multiplied out into one
matrix: a history then costs a row for each of its items, and no pass over all singular vectors.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.cells import EXACT_ITEMS, WHOLE_ITEMS, pair_products
from aisle.recommenders.query import Listing, QueryBatch, Ranked, Scores
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
Places = NDArray[np.int64]
Items = NDArray[np.int32]

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


class Filters(NamedTuple):
    """The two filters of a larger catalogue, apart."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: Floats
    """With the two above, the linear filter, (items, items)."""
    directions: Floats
    """V, (items, rank)."""

    @property
    def links(self) -> CSR:
        """The linear filter."""
        return CSR(self.indptr, self.indices, self.values)


class GraphFilter(FoldsIn, Explains, Recommender[GraphFilterConfig]):
    """Scores are the filtered history; nothing of the users is stored.

    A query without a positive weight has scores of NaN.
    """

    name = "graph_filter"

    filter_: Floats | Filters
    """Both filters in one, (items, items), or apart."""
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
        links = top_products(by_item, normalised, Denominator(sizes, sizes, 0.0, False), neighbours)
        filters = Filters(*links, leading_directions(normalised, by_item, config.rank, seed))
        self.filter_ = filters if len(sizes) > WHOLE_ITEMS else self._in_one(filters)
        return self

    def _in_one(self, filters: Filters) -> Floats:
        """Return both filters as one matrix, (items, items)."""
        into, out_of = np.reciprocal(self.popularity_), np.float32(self.config.alpha) * self.popularity_
        whole: Floats = (filters.directions * into[:, None]) @ (filters.directions * out_of[:, None]).T
        whole[filters.links.rows, filters.indices] += filters.values
        return whole

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query, and the scores of others."""
        filters = self.filter_
        if not isinstance(filters, Filters) or self.items_count <= EXACT_ITEMS:
            return super().scores(queries, n)
        history = history_rows(queries)
        linear = reach(queries, history, filters.links).answering(queries)
        smoothed = self._smoothed(history, filters)

        def of(query: Places, item: Items) -> Floats:
            smooth = pair_products(smoothed, filters.directions, query, item)
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

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the scores of all items for a single query, or in a large catalogue the n best."""
        if not isinstance(self.filter_, Filters) or self.items_count <= EXACT_ITEMS:
            return super().listing(query, n)
        return Listing.of_best(self.scores(query, n))

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return filtered histories; NaN for a query without a positive weight."""
        history, filters = history_rows(queries), self.filter_
        if not isinstance(filters, Filters):
            return answered(dense_products(history, filters), queries, items)
        scores = products(history, filters.links, self.items_count)
        smooth = self._smoothed(history, filters) @ filters.directions.T
        smooth *= np.float32(self.config.alpha) * self.popularity_
        scores += smooth
        return answered(scores, queries, items)

    def _smoothed(self, history: CSR, filters: Filters) -> Floats:
        """Return x D_I^-½ V of histories x, (queries, rank)."""
        shares = history.values * np.reciprocal(self.popularity_[history.indices])
        return dense_products(history._replace(values=shares), filters.directions)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        single, filters = queries.single(query), self.filter_
        entries = single.history.items
        if not isinstance(filters, Filters):
            reach: Floats = filters[entries, item]
        else:
            smooth = filters.directions[entries] @ filters.directions[item] / self.popularity_[entries]
            smooth *= np.float32(self.config.alpha) * self.popularity_[item]
            reach = entries_of(filters.links, entries, item) + smooth
        return single.weights * reach

    def arrays(self) -> dict[str, Array]:
        """Return the filters, in one or apart, and how popular items are."""
        filters = self.filter_._asdict() if isinstance(self.filter_, Filters) else {"filter": self.filter_}
        return filters | {"popularity": self.popularity_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        plain = {name: np.asarray(array) for name, array in arrays.items()}
        self.popularity_ = plain.pop("popularity")
        self.filter_ = plain["filter"] if "filter" in plain else Filters(**plain)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.popularity_)


def _sums(matrix: "csr_array", axis: int) -> Floats:
    """Return the sums of rows (axis 1) or columns (axis 0), 1 for an empty one."""
    sums = np.asarray(matrix.sum(axis=axis))
    return np.where(sums > 0, sums, 1).astype(np.float32)
