"""Ratings of the nearest neighbours: what `knn_means` and `knn_baseline` have in common.

Both predict a level plus the weighted mean of how far the neighbours are from theirs; they differ in the level. With
`by = "user"`, neighbours are shoppers who rated the item; with `by = "item"`, the items that the shopper rated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels import neighbours_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.similarities_numpy import COSINE, MSD, PEARSON, Measure, similar_to
from aisle.recommenders.base import Array, Config
from aisle.recommenders.ratings.baseline import BaselineConfig
from aisle.recommenders.ratings.star_ratings import Biases, Ratings
from aisle.recommenders.topn import FEW

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]

_FORMULAS: Final = {"cosine": COSINE, "msd": MSD, "pearson": PEARSON, "pearson_baseline": COSINE}


class NeighboursConfig(Config, frozen=True):
    """Who is near, and how many of them count."""

    by: Literal["user", "item"] = "user"
    """Whether shoppers are compared, or items. Shops with many more shoppers than items do better with items."""
    similarity: Literal["cosine", "msd", "pearson", "pearson_baseline"] = "msd"
    """How two are compared over what both have ratings for; pearson_baseline compares what baselines leave."""
    k: Count = 40
    """How many neighbours count at most, of those with a positive similarity."""
    min_k: Count = 1
    """With fewer neighbours than this, the level alone is predicted."""
    min_support: Count = 1
    """Two with less in common are not similar; pearson_baseline needs at least 2."""
    shrinkage: NotNegative = 100.0
    """pearson_baseline: n in common count (n - 1) / (n - 1 + shrinkage)."""
    baseline: BaselineConfig = BaselineConfig()
    """What pearson_baseline compares against, and the level of `knn_baseline`."""

    @property
    def measure(self) -> Measure:
        """The similarity, as kernels know it."""
        if self.similarity == "pearson_baseline":
            return Measure(COSINE, max(2, self.min_support), self.shrinkage)
        return Measure(_FORMULAS[self.similarity], self.min_support, 0.0)


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Who is similar to whom, and who rated what how.

    Attributes
    ----------
    config
        Who is near.
    compared
        What is taken off ratings before they are compared.
    rated
        Stars: a row per item by user where users are compared, and a row per user by item where items are.
    similar
        The positive similarities of every user, or item, to the others, in the order of their numbers.
    """

    config: NeighboursConfig
    compared: Biases
    rated: CSR
    similar: CSR

    @classmethod
    def learn(cls, config: NeighboursConfig, compared: Biases, ratings: Ratings) -> Self:
        """Compare all users, or all items."""
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.similarities import positive_similarities

        by_user = compared.residuals(ratings.by_user, compared.user, compared.item)
        by_item = compared.residuals(ratings.by_item, compared.item, compared.user)
        rows, columns = (by_user, by_item) if config.by == "user" else (by_item, by_user)
        similar = positive_similarities(rows, columns, len(rows.counts), config.measure, among_themselves=True)
        return cls(config, compared, ratings.by_item if config.by == "user" else ratings.by_user, similar)

    def of_pairs(self, level: Biases, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        """Return the stars of pairs of known users and items, (pairs,)."""
        from aisle.kernels.neighbours import nearest_means

        x, y = (users, items) if self.config.by == "user" else (items, users)
        rows = len(self.similar.counts)
        order = np.argsort(x, kind="stable")
        indptr = np.concatenate(([0], np.cumsum(np.bincount(x, minlength=rows))))
        means = np.empty(len(x), np.float32)
        columns = y[order].astype(np.int32)
        means[order] = nearest_means(indptr, columns, self.similar, self._told(level), rows, *self._limits)
        return level.of_pairs(users, items) + means

    def of_queries(self, level: Biases, histories: CSR, items: NDArray[np.int32] | None = None) -> Floats:
        """Return the stars of all items, or of the given ones, (queries, items)."""
        user_bias = level.fold_in(histories)
        chosen = np.arange(len(level.item), dtype=np.int32) if items is None else items
        if self.config.by == "user":
            means = self._by_similar_users(level, histories, chosen)
        else:
            means = self._by_similar_items(level.residuals(histories, user_bias, level.item), chosen)
        return level.estimates(user_bias, items) + means

    def _by_similar_users(self, level: Biases, histories: CSR, items: NDArray[np.int32]) -> Floats:
        """Compare each query with the users of the training, and average what they say of each item."""
        compared = self.compared
        own = compared.residuals(histories, compared.fold_in(histories), compared.item)
        others = compared.residuals(self.rated, compared.item, compared.user)
        told, users, queries = self._told(level), len(level.user), len(own.counts)
        if queries <= FEW:
            of_items, measure = told.take(items), self.config.measure
            rows = (own.take(np.array([query])) for query in range(queries))
            likeness = (similar_to(row.indices, row.values, others, users, measure) for row in rows)
            return self._stacked(
                [(of_items.rows, near[of_items.indices], of_items.values) for near in likeness], len(items)
            )
        from aisle.kernels.neighbours import nearest_means
        from aisle.kernels.similarities import positive_similarities

        similar = positive_similarities(own, others, users, self.config.measure)
        indptr = np.arange(queries + 1) * len(items)
        return nearest_means(indptr, np.tile(items, queries), similar, told, users, *self._limits).reshape(queries, -1)

    def _by_similar_items(self, told: CSR, items: NDArray[np.int32]) -> Floats:
        """Average what each query says of the items that are similar to each item."""
        queries, count = len(told.counts), len(self.similar.counts)
        if queries <= FEW:
            rows = [told.take(np.array([query])) for query in range(queries)]
            near = [self.similar.take(row.indices) for row in rows]
            entries = [
                (one.indices, one.values, np.repeat(row.values, one.counts))
                for one, row in zip(near, rows, strict=True)
            ]
            return self._stacked(entries, count)[:, items]
        from aisle.kernels.neighbours import nearest_means

        indptr = np.arange(len(items) + 1) * queries
        columns = np.tile(np.arange(queries, dtype=np.int32), len(items))
        means = nearest_means(indptr, columns, self.similar.take(items), told, count, *self._limits)
        return means.reshape(-1, queries).T

    def _stacked(self, entries: Sequence[tuple[NDArray[np.integer], Floats, Floats]], groups: int) -> Floats:
        """Average the candidates (group, similarity, value) of each query, (queries, groups)."""
        means = [neighbours_numpy.nearest_means(*one, groups, *self._limits) for one in entries]
        return np.array(means, np.float32).reshape(len(entries), groups)

    def _told(self, level: Biases) -> CSR:
        """Return how far the ratings of the training are from their level."""
        by_item = self.config.by == "user"
        return level.residuals(self.rated, *((level.item, level.user) if by_item else (level.user, level.item)))

    @property
    def _limits(self) -> tuple[int, int]:
        return self.config.k, self.config.min_k

    def arrays(self) -> dict[str, Array]:
        """Return ratings and similarities."""
        named = {"rated": self.rated, "similar": self.similar}
        return {f"{name}_{part}": array for name, csr in named.items() for part, array in csr._asdict().items()}

    @classmethod
    def from_arrays(cls, config: NeighboursConfig, compared: Biases, arrays: Mapping[str, Array]) -> Self:
        """Read them back."""
        # Plain views: the class of a mapped file slows down every small operation.
        rated, similar = (
            CSR(*(np.asarray(arrays[f"{name}_{part}"]) for part in CSR._fields)) for name in ("rated", "similar")
        )
        return cls(config, compared, rated, similar)


def compared_biases(config: NeighboursConfig, baseline: Biases) -> Biases:
    """Return what is taken off ratings before they are compared: the baseline for pearson_baseline, else nothing."""
    if config.similarity == "pearson_baseline":
        return baseline
    return Biases(0.0, np.zeros_like(baseline.user), np.zeros_like(baseline.item), np.inf)
