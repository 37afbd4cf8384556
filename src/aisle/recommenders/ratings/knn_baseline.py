"""Nearest neighbours over baselines: how far the neighbours' ratings are from what was to be expected.

Koren, "Factor in the Neighbors: Scalable and Accurate Collaborative Filtering" (2010), equation 3; definitions and
defaults are those of Surprise, where this is `KNNBaseline`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.baseline import find_biases, user_ridge
from aisle.recommenders.ratings.rating_neighbours import Neighbourhood, NeighboursConfig, compared_biases
from aisle.recommenders.ratings.star_ratings import Biases, Scale, rated_histories, ratings_of

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]


class KNNBaselineConfig(NeighboursConfig, frozen=True):
    """Who is near, and the baseline."""


class KNNBaseline(Recommender[KNNBaselineConfig], FoldsIn, PredictsRatings):
    """Stars as b_ui plus the weighted mean of r - b over the nearest neighbours, where b_ui = μ + b_u + b_i.

    By users, every query is compared with all of them: exact, and slow where there are many.
    """

    name = "knn_baseline"
    config_type: ClassVar[type[Config]] = KNNBaselineConfig

    biases_: Biases
    neighbours_: Neighbourhood
    scale_: Scale

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Find the baselines and compare all users, or all items.

        Raises
        ------
        NotEnoughData
            If nobody has rated anything.
        """
        ratings = ratings_of(data)
        self.biases_, self.scale_ = find_biases(ratings, self.config.baseline), ratings.scale
        self.neighbours_ = Neighbourhood.learn(self.config, compared_biases(self.config, self.biases_), ratings)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return stars; without ratings in the history, μ + b_i."""
        return self.neighbours_.of_queries(self.biases_, rated_histories(queries, self.scale_), items)

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.neighbours_.of_pairs(self.biases_, users, items)

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
        """Return biases, scale, ratings and similarities."""
        biases = {"user_bias": self.biases_.user, "item_bias": self.biases_.item}
        return {**biases, "scale": self.scale_.array(), **self.neighbours_.arrays()}

    @classmethod
    def from_arrays(cls, config: KNNBaselineConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its biases, scale, ratings and similarities."""
        model = cls(config)
        model.scale_ = Scale.from_array(arrays["scale"])
        user, item = np.asarray(arrays["user_bias"]), np.asarray(arrays["item_bias"])
        model.biases_ = Biases(model.scale_.mean, user, item, user_ridge(config.baseline))
        model.neighbours_ = Neighbourhood.from_arrays(config, compared_biases(config, model.biases_), arrays)
        return model
