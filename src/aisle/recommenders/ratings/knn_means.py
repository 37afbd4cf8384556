"""Nearest neighbours over means: how far the neighbours' ratings are from their own means.

Resnick, Iacovou, Suchak, Bergstrom and Riedl, "GroupLens: An Open Architecture for Collaborative Filtering of Netnews"
(1994); definitions and defaults are those of Surprise, where this is `KNNWithMeans`.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.baseline import find_biases, user_ridge
from aisle.recommenders.ratings.rating_neighbours import NeighbourModel, NeighboursConfig
from aisle.recommenders.ratings.star_ratings import Biases, Ratings, rated_histories, ratings_of

Floats = NDArray[np.float32]


class KNNMeans(NeighbourModel, FoldsIn, PredictsRatings, Recommender[NeighboursConfig]):
    """Stars as the mean of the user (or item) plus the weighted mean of r - mean over the nearest neighbours.

    Users (or items) without ratings have the mean of all ratings. Where Surprise gives that mean to every pair with an
    unknown side, the mean of the known side is kept here. By users, a query without ratings has no level, and all its
    scores are NaN. By users, every query is compared with all of them: exact, and slow where there are many.

    `biases_` is 0 for other similarities than pearson_baseline.
    """

    name = "knn_means"

    means_: Floats
    """The mean of each user, or item."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Average and compare all users, or all items."""
        ratings = ratings_of(data)
        self.means_ = _means(ratings.by_user if self.config.by == "user" else ratings.by_item, ratings.mean)
        return self.learn_neighbours(self._baseline(ratings), ratings)

    def _baseline(self, ratings: Ratings) -> Biases:
        if self.config.similarity == "pearson_baseline":
            return find_biases(ratings, self.config.baseline)
        user, item = np.zeros(ratings.users, np.float32), np.zeros(ratings.items, np.float32)
        return Biases(ratings.mean, user, item, user_ridge(self.config.baseline))

    @property
    def _level(self) -> Biases:
        if self.config.by == "user":
            return Biases(0.0, self.means_, np.zeros_like(self.biases_.item), 0.0)
        return Biases(0.0, np.zeros_like(self.biases_.user), self.means_, np.inf)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return stars; without ratings in the history, the mean of each item, or NaN by users."""
        histories = rated_histories(queries, self.scale_)
        scores = self.neighbours_.of_queries(self._level, histories, items)
        if self.config.by == "user":
            scores[histories.counts == 0] = np.nan
        return scores

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.neighbours_.of_pairs(self._level, users, items)

    def arrays(self) -> dict[str, Array]:
        """Return means, biases, scale, ratings and similarities."""
        return {"means": self.means_, **super().arrays()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        super().restore(arrays)
        self.means_ = arrays["means"]


def _means(rows: CSR, otherwise: float) -> Floats:
    """Return the mean of each row, and `otherwise` for an empty row."""
    totals = np.bincount(rows.rows, rows.values, minlength=len(rows.counts))
    means = np.divide(totals, rows.counts, out=np.full(len(totals), otherwise), where=rows.counts > 0)
    return np.asarray(means, np.float32)
