"""SVD++: biased matrix factorisation in which what a shopper has rated counts, besides how many stars it got.

Koren, "Factorization Meets the Neighborhood: a Multifaceted Collaborative Filtering Model" (2008), section 4;
definitions and order of visits are those of Surprise. The equations, and why an epoch costs little more than one of
SVD, are in `kernels.sgd_numpy`.
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
from aisle.recommenders.ranges import Count
from aisle.recommenders.ratings.biased_factors import FactorModel, drawn_vectors, first_factors
from aisle.recommenders.ratings.descent import DescentConfig
from aisle.recommenders.ratings.star_ratings import rated_histories, ratings_of

Floats = NDArray[np.float32]


class SVDppConfig(DescentConfig, frozen=True):
    """The size of the vectors, and how far they descend."""

    factors: Count = 20
    """Length of the vectors."""


class SVDpp(FactorModel, FoldsIn, PredictsRatings, Recommender[SVDppConfig]):
    """Stars as μ + b_u + b_i + q_i·(p_u + z_u), where z_u = |N(u)|^(-1/2) Σ y_j over the items N(u) that u has rated.

    The implicit part of a query follows from its history; its bias and p_u solve the ridge regression of the rest.
    `predict` uses those of the training. `factors_` holds p_u + z_u as the vectors of users.
    """

    name = "svdpp"

    implicit_: Floats
    """y, (items, factors)."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Descend from random vectors.

        Raises
        ------
        SettingsError
            If the learning rate is too large to descend with.
        """
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.sgd import descend_implicit

        ratings, config = ratings_of(data), self.config
        draw = np.random.default_rng(seed)
        factors = first_factors(ratings, config.factors, config.deviation, draw)
        self.implicit_ = drawn_vectors(ratings.by_item.counts, config.factors, config.deviation, draw)
        descend_implicit(ratings.by_user, ratings.mean, factors, self.implicit_, config.steps)
        both = factors._replace(user_factors=factors.user_factors + self._implied(ratings.by_user))
        return self.keep(ratings.scale, config.finite(both))

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i + q_i·(p_u + z_u); without ratings in the history, all of the user's parts are 0."""
        histories = rated_histories(queries, self.scale_)
        ridge = self.config.query_ridge(histories.counts)
        return self.of_queries(histories, ridge, self._implied(histories), items)

    def _implied(self, rated: CSR) -> Floats:
        """Return z of each row, (rows, factors)."""
        z = np.zeros((len(rated.counts), self.implicit_.shape[1]), np.float32)
        filled = np.flatnonzero(rated.counts)
        if len(filled):
            sums = np.add.reduceat(self.implicit_[rated.indices], rated.indptr[filled])
            z[filled] = sums / np.sqrt(rated.counts[filled], dtype=np.float32)[:, None]
        return z

    def arrays(self) -> dict[str, Array]:
        """Return biases, vectors, implicit vectors and scale; those of users are for `predict` alone."""
        return {**super().arrays(), "implicit": self.implicit_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        super().restore(arrays)
        self.implicit_ = arrays["implicit"]
