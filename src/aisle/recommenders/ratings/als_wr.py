"""Matrix factorisation of star ratings by alternating least squares with weighted regularisation (ALS-WR).

Zhou, Wilkinson, Schreiber and Pan, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize" (2008): every
vector is the ridge regression of its ratings, with a regularisation that grows with their number. Biases are solved
along with them, as in Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems" (2009).
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Count, Positive
from aisle.recommenders.ratings.biased_factors import FactorModel, first_factors, solve_biased
from aisle.recommenders.ratings.star_ratings import Scale, rated_histories, ratings_of

Floats = NDArray[np.float32]


class ALSWRConfig(Config, frozen=True):
    """The objective, and how long it is pursued."""

    factors: Count = 20
    """Length of the vectors."""
    regularization: Positive = 0.1
    """λ: a bias and a vector with n ratings pay λ n times their squared length."""
    iterations: Count = 15
    """Both sides are solved this many times."""


class ALSWR(FactorModel, FoldsIn, PredictsRatings, Recommender[ALSWRConfig]):
    """Stars as μ + b_u + b_i + q_i·p_u, at the minimum of Σ (error² + λ (b_u² + b_i² + |p_u|² + |q_i|²)) over ratings.

    A query is solved as users are in training, so that a known shopper with the same ratings gets the same stars.
    """

    name = "als_wr"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Alternate between solving all users and all items, from small random vectors."""
        ratings, config = ratings_of(data), self.config
        learnt = first_factors(ratings, config.factors, 0.1, np.random.default_rng(seed))
        for _ in range(config.iterations):
            items = self._solve(ratings.by_item, ratings.mean, learnt.user_bias, learnt.user_factors)
            users = self._solve(ratings.by_user, ratings.mean, *items)
            learnt = Factors(users[0], items[0], users[1], items[1])
        return self.keep(ratings.scale, learnt)

    def adopt(self, scale: Scale, item_bias: Floats, item_factors: Floats, data: Interactions) -> Self:
        """Take over biases (items,) and vectors (items, factors) learnt elsewhere, and solve the users of the data."""
        ratings = ratings_of(data)
        user_bias, user_factors = self._solve(ratings.by_user, scale.mean, item_bias, item_factors)
        return self.keep(scale, Factors(user_bias, item_bias, user_factors, item_factors))

    def _solve(self, ratings: CSR, mean: float, other_bias: Floats, other_factors: Floats) -> tuple[Floats, Floats]:
        """Return biases and vectors of one side while the other stays fixed."""
        residuals = ratings._replace(values=ratings.values - np.float32(mean) - other_bias[ratings.indices])
        solved = solve_biased(residuals, self._ridge(ratings), other_factors)
        return np.ascontiguousarray(solved[:, 0]), np.ascontiguousarray(solved[:, 1:])

    def _ridge(self, ratings: CSR) -> Floats:
        """Return λ n of each row."""
        return (self.config.regularization * ratings.counts).astype(np.float32)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i + q_i·p_u; without ratings in the history, b_u and p_u are 0."""
        histories = rated_histories(queries, self.scale_)
        return self.of_queries(histories, self._ridge(histories), items=items)
