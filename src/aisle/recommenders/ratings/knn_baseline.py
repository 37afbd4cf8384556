"""Nearest neighbours over baselines: how far the neighbours' ratings are from the expected ones.

Koren, "Factor in the Neighbors: Scalable and Accurate Collaborative Filtering" (2010), equation 3; definitions and
defaults are those of Surprise, where this is `KNNBaseline`.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.baseline import find_biases
from aisle.recommenders.ratings.rating_neighbours import NeighbourModel, NeighboursConfig
from aisle.recommenders.ratings.star_ratings import rated_histories, ratings_of

Floats = NDArray[np.float32]


class KNNBaseline(NeighbourModel, FoldsIn, PredictsRatings, Recommender[NeighboursConfig]):
    """Stars as b_ui plus the weighted mean of r - b over the nearest neighbours, where b_ui = μ + b_u + b_i.

    By users, every query is compared with all of them: exact, and slow where there are many.
    """

    name = "knn_baseline"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Find the baselines and compare all users, or all items."""
        ratings = ratings_of(data)
        return self.learn_neighbours(find_biases(ratings, self.config.baseline), ratings)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return stars; without ratings in the history, μ + b_i."""
        return self.neighbours_.of_queries(self.biases_, rated_histories(queries, self.scale_), items)

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.neighbours_.of_pairs(self.biases_, users, items)
