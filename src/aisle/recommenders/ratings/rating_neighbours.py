"""Ratings of the nearest neighbours: what `knn_means` and `knn_baseline` have in common.

Both predict a level plus the weighted mean of how far the neighbours' ratings are from their levels; they differ in the
level. With `by = "user"`, neighbours are shoppers who rated the item; with `by = "item"`, items that the shopper rated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import neighbours_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.similarities_numpy import COSINE, MSD, PEARSON, Measure, similar_to
from aisle.recommenders.base import Array, Config
from aisle.recommenders.ranges import AtLeastOne, NotNegative
from aisle.recommenders.ratings.baseline import BaselineConfig, user_ridge
from aisle.recommenders.ratings.star_ratings import Biases, BiasModel, Ratings
from aisle.recommenders.sparse import table_arrays, table_of
from aisle.recommenders.topn import FEW

Floats = NDArray[np.float32]

_FORMULAS: Final = {"cosine": COSINE, "msd": MSD, "pearson": PEARSON, "pearson_baseline": COSINE}


class NeighboursConfig(Config, frozen=True):
    """Which neighbours count, and how many."""

    by: Literal["user", "item"] = "user"
    """Whether shoppers are compared, or items. Shops with many more shoppers than items do better with items."""
    similarity: Literal["cosine", "msd", "pearson", "pearson_baseline"] = "msd"
    """The similarity of two over their common ratings; pearson_baseline compares how far these are from a baseline."""
    k: AtLeastOne = 40
    """The number of neighbours that count, at most; their similarity is positive."""
    min_k: AtLeastOne = 1
    """With fewer neighbours than this, the level alone is predicted."""
    min_support: AtLeastOne = 1
    """Two with fewer common ratings are not similar; pearson_baseline needs at least 2."""
    shrinkage: NotNegative = 100.0
    """pearson_baseline: a similarity over n common ratings is multiplied by (n - 1) / (n - 1 + shrinkage)."""
    baseline: BaselineConfig = BaselineConfig()
    """The baseline of pearson_baseline, and the level of `knn_baseline`."""

    @property
    def measure(self) -> Measure:
        """The similarity, as kernels know it."""
        if self.similarity == "pearson_baseline":
            return Measure(COSINE, max(2, self.min_support), self.shrinkage)
        return Measure(_FORMULAS[self.similarity], self.min_support, 0.0)


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The similarities of users (or items), and their ratings.

    Attributes
    ----------
    config
        Which neighbours count.
    compared
        The biases that are subtracted from ratings before these are compared.
    rated
        Stars: a row per item by user where users are compared, and a row per user by item where items are.
    similar
        The positive similarities of each user, or item, to the others, in the order of their numbers.
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
        means[order] = nearest_means(indptr, columns, self.similar, self._deviations(level), rows, *self._limits)
        return level.of_pairs(users, items) + means

    def of_queries(self, level: Biases, histories: CSR, items: NDArray[np.int32] | None = None) -> Floats:
        """Return the stars of all items, or of some, (queries, items)."""
        user_bias = level.fold_in(histories)
        chosen = np.arange(len(level.item), dtype=np.int32) if items is None else items
        if self.config.by == "user":
            means = self._by_similar_users(level, histories, chosen)
        else:
            means = self._by_similar_items(level.residuals(histories, user_bias, level.item), chosen)
        return level.estimates(user_bias, items) + means

    def _by_similar_users(self, level: Biases, histories: CSR, items: NDArray[np.int32]) -> Floats:
        """Compare each query with the users of the training data, and average their deviations for each item."""
        compared = self.compared
        own = compared.residuals(histories, compared.fold_in(histories), compared.item)
        others = compared.residuals(self.rated, compared.item, compared.user)
        deviations, users, queries = self._deviations(level), len(level.user), len(own.counts)
        if queries <= FEW:
            of_items, measure = deviations.take(items), self.config.measure
            rows = (own.take(np.array([query])) for query in range(queries))
            similarities = (similar_to(row.indices, row.values, others, users, measure) for row in rows)
            return self._stacked(
                [(of_items.rows, near[of_items.indices], of_items.values) for near in similarities], len(items)
            )
        from aisle.kernels.neighbours import nearest_means
        from aisle.kernels.similarities import positive_similarities

        similar = positive_similarities(own, others, users, self.config.measure)
        indptr, columns = np.arange(queries + 1) * len(items), np.tile(items, queries)
        means = nearest_means(indptr, columns, similar, deviations, users, *self._limits)
        return means.reshape(queries, -1)

    def _by_similar_items(self, deviations: CSR, items: NDArray[np.int32]) -> Floats:
        """Average the deviations of each query over the items that are similar to each item."""
        queries, count = len(deviations.counts), len(self.similar.counts)
        if queries <= FEW:
            rows = [deviations.take(np.array([query])) for query in range(queries)]
            near = [self.similar.take(row.indices) for row in rows]
            entries = [
                (similar.indices, similar.values, np.repeat(row.values, similar.counts))
                for similar, row in zip(near, rows, strict=True)
            ]
            return self._stacked(entries, count)[:, items]
        from aisle.kernels.neighbours import nearest_means

        indptr = np.arange(len(items) + 1) * queries
        columns = np.tile(np.arange(queries, dtype=np.int32), len(items))
        means = nearest_means(indptr, columns, self.similar.take(items), deviations, count, *self._limits)
        return means.reshape(-1, queries).T

    def _stacked(self, entries: Sequence[tuple[NDArray[np.integer], Floats, Floats]], groups: int) -> Floats:
        """Average the candidates (group, similarity, value) of each query, (queries, groups)."""
        means = [neighbours_numpy.nearest_means(*of_query, groups, *self._limits) for of_query in entries]
        return np.array(means, np.float32).reshape(len(entries), groups)

    def _deviations(self, level: Biases) -> CSR:
        """Return how far the ratings of the training data are from their level."""
        by_item = self.config.by == "user"
        return level.residuals(self.rated, *((level.item, level.user) if by_item else (level.user, level.item)))

    @property
    def _limits(self) -> tuple[int, int]:
        return self.config.k, self.config.min_k


def compared_biases(config: NeighboursConfig, baseline: Biases) -> Biases:
    """Return what is subtracted from ratings before these are compared: the baseline for pearson_baseline, else 0."""
    if config.similarity == "pearson_baseline":
        return baseline
    return Biases(0.0, np.zeros_like(baseline.user), np.zeros_like(baseline.item), np.inf)


class NeighbourModel(BiasModel):
    """What the models share that predict by neighbours; a class lists it before `Recommender`.

    `biases_` is what `pearson_baseline` compares with.
    """

    config: NeighboursConfig
    neighbours_: Neighbourhood

    def learn_neighbours(self, biases: Biases, ratings: Ratings) -> Self:
        """Compare all users, or all items."""
        self.biases_, self.scale_ = biases, ratings.scale
        self.neighbours_ = Neighbourhood.learn(self.config, compared_biases(self.config, biases), ratings)
        return self

    def arrays(self) -> dict[str, Array]:
        """Return biases, scale, ratings and similarities."""
        of_neighbours = self.neighbours_
        tables = table_arrays("rated_", of_neighbours.rated) | table_arrays("similar_", of_neighbours.similar)
        return super().arrays() | tables

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self._restore_biases(arrays, user_ridge(self.config.baseline))
        compared = compared_biases(self.config, self.biases_)
        tables = (table_of(prefix, arrays) for prefix in ("rated_", "similar_"))
        self.neighbours_ = Neighbourhood(self.config, compared, *tables)
