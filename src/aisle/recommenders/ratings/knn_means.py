"""Nearest neighbours over means: how far the neighbours' ratings are from their own means.

Resnick, Iacovou, Suchak, Bergstrom and Riedl, "GroupLens: An Open Architecture for Collaborative Filtering of Netnews"
(1994); definitions and defaults are those of Surprise, where this is `KNNWithMeans`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.baseline import find_biases, user_ridge
from aisle.recommenders.ratings.rating_neighbours import Neighbourhood, NeighboursConfig, compared_biases
from aisle.recommenders.ratings.star_ratings import Biases, Ratings, Scale, rated_histories, ratings_of

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]


class KNNMeansConfig(NeighboursConfig, frozen=True):
    """Who is near; the baseline only matters to pearson_baseline."""


class KNNMeans(Recommender[KNNMeansConfig], FoldsIn, PredictsRatings):
    """Stars as the mean of the user (or item) plus the weighted mean of r - mean over the nearest neighbours.

    Whoever has no ratings has the mean of all ratings for theirs; where Surprise gives that mean to every pair with an
    unknown side, the mean of the known side is kept here. By users, a query without ratings has no level, and all its
    scores are NaN. By users, every query is compared with all of them: exact, and slow where there are many.
    """

    name = "knn_means"
    config_type: ClassVar[type[Config]] = KNNMeansConfig

    means_: Floats
    """The mean of each user, or item."""
    biases_: Biases
    """The baseline that pearson_baseline compares with; 0 for other similarities."""
    neighbours_: Neighbourhood
    scale_: Scale

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Average and compare all users, or all items.

        Raises
        ------
        NotEnoughData
            If nobody has rated anything.
        """
        ratings = ratings_of(data)
        self.scale_ = ratings.scale
        self.means_ = _means(ratings.by_user if self.config.by == "user" else ratings.by_item, ratings.mean)
        self.biases_ = self._baseline(ratings)
        self.neighbours_ = Neighbourhood.learn(self.config, compared_biases(self.config, self.biases_), ratings)
        return self

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

    @property
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating that the model has learnt from."""
        return self.scale_.ends

    @property
    def users_count(self) -> int:
        """How many users the model was trained on."""
        return len(self.biases_.user)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.biases_.item)

    def arrays(self) -> dict[str, Array]:
        """Return means, biases, scale, ratings and similarities."""
        levels = {"means": self.means_, "user_bias": self.biases_.user, "item_bias": self.biases_.item}
        return {**levels, "scale": self.scale_.array(), **self.neighbours_.arrays()}

    @classmethod
    def from_arrays(cls, config: KNNMeansConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its means, biases, scale, ratings and similarities."""
        model = cls(config)
        model.scale_ = Scale.from_array(arrays["scale"])
        model.means_ = np.asarray(arrays["means"])
        user, item = np.asarray(arrays["user_bias"]), np.asarray(arrays["item_bias"])
        model.biases_ = Biases(model.scale_.mean, user, item, user_ridge(config.baseline))
        model.neighbours_ = Neighbourhood.from_arrays(config, compared_biases(config, model.biases_), arrays)
        return model


def _means(rows: CSR, otherwise: float) -> Floats:
    """Return the mean of each row, or the given one where there is nothing in it."""
    totals = np.bincount(rows.rows, rows.values, minlength=len(rows.counts))
    means = np.divide(totals, rows.counts, out=np.full(len(totals), otherwise), where=rows.counts > 0)
    return np.asarray(means, np.float32)
