"""Biased matrix factorisation by stochastic gradient descent, known as Funk's SVD.

Funk, "Netflix Update: Try This at Home" (2006), with the biases of Koren, Bell and Volinsky, "Matrix Factorization
Techniques for Recommender Systems" (2009); definitions and order of visits are those of Surprise. The equations are in
`kernels.sgd_numpy`.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Count
from aisle.recommenders.ratings.biased_factors import FactorModel, first_factors
from aisle.recommenders.ratings.descent import DescentConfig
from aisle.recommenders.ratings.star_ratings import rated_histories, ratings_of


class SVDConfig(DescentConfig, frozen=True):
    """The size of the vectors, and how far they descend."""

    factors: Count = 100
    """Length of the vectors."""


class SVD(FactorModel, FoldsIn, PredictsRatings, Recommender[SVDConfig]):
    """Stars as μ + b_u + b_i + q_i·p_u.

    The bias and the vector of a query solve the ridge regression of its ratings on the item vectors, for shoppers known
    and unknown at training time alike; `predict` uses those of the training.
    """

    name = "svd"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Descend from random vectors.

        Raises
        ------
        SettingsError
            If the learning rate is too large to descend with.
        """
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.sgd import descend

        ratings, config = ratings_of(data), self.config
        factors = first_factors(ratings, config.factors, config.deviation, np.random.default_rng(seed))
        descend(ratings.by_user, ratings.mean, factors, config.steps)
        return self.keep(ratings.scale, config.finite(factors))

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return μ + b_u + b_i + q_i·p_u; without ratings in the history, b_u and p_u are 0."""
        histories = rated_histories(queries, self.scale_)
        return self.of_queries(histories, self.config.query_ridge(histories.counts), items=items)
