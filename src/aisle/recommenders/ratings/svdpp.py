"""SVD++: biased matrix factorisation in which what a shopper has rated counts, besides how many stars it got.

Koren, "Factorization Meets the Neighborhood: a Multifaceted Collaborative Filtering Model" (2008), section 4;
definitions and order of visits are those of Surprise. The equations, and why an epoch costs little more than one of
SVD, stand in `kernels.sgd_numpy`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Steps
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.biased_factors import (
    BiasedFactors,
    descended,
    drawn_vectors,
    first_factors,
    stopped_ridge,
)
from aisle.recommenders.ratings.star_ratings import rated_histories, ratings_of

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class SVDppConfig(Config, frozen=True):
    """How many factors, and how far they descend."""

    factors: Count = 20
    """Length of the vectors."""
    epochs: Count = 20
    """E, how many times every rating is visited."""
    learning_rate: Positive = 0.015
    """γ, how far a visit moves biases and vectors."""
    regularization: NotNegative = 0.05
    """λ, how much of themselves biases and vectors lose per visit."""
    deviation: NotNegative = 0.03
    """The standard deviation of the first factors."""


class SVDpp(Recommender[SVDppConfig], FoldsIn, PredictsRatings):
    """Stars as μ + b_u + b_i + q_i·(p_u + z_u), where z_u = |N(u)|^(-1/2) Σ y_j over the items N(u) that u has rated.

    The implicit part of a query follows from its history; its bias and p_u solve the ridge regression of what is left.
    `predict` uses those that the training left.
    """

    name = "svdpp"
    config_type: ClassVar[type[Config]] = SVDppConfig

    learnt_: BiasedFactors
    """With p_u + z_u for p_u."""
    implicit_: Floats
    """y, (items, factors)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Descend from random vectors.

        Raises
        ------
        NotEnoughData
            If nobody has rated anything.
        SettingsError
            If the learning rate is too large to descend with.
        """
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.sgd import descend_implicit

        ratings, config = ratings_of(data), self.config
        draw = np.random.default_rng(seed)
        factors = first_factors(ratings, config.factors, config.deviation, draw)
        self.implicit_ = drawn_vectors(ratings.by_item.counts, config.factors, config.deviation, draw)
        steps = Steps(config.epochs, config.learning_rate, config.regularization)
        descend_implicit(ratings.by_user, ratings.mean, factors, self.implicit_, steps)
        both = factors._replace(user_factors=factors.user_factors + self._implied(ratings.by_user))
        self.learnt_ = BiasedFactors(ratings.scale, descended(both, config.learning_rate))
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i + q_i·(p_u + z_u); without ratings in the history, all of the user's parts are 0."""
        histories, config = rated_histories(queries, self.learnt_.scale), self.config
        ridge = stopped_ridge(histories.counts, config.learning_rate, config.epochs, config.regularization)
        return self.learnt_.of_queries(histories, ridge, self._implied(histories), items)

    def _implied(self, rated: CSR) -> Floats:
        """Return z of each row, (rows, factors)."""
        z = np.zeros((len(rated.counts), self.implicit_.shape[1]), np.float32)
        there = np.flatnonzero(rated.counts)
        if len(there):
            sums = np.add.reduceat(self.implicit_[rated.indices], rated.indptr[there])
            z[there] = sums / np.sqrt(rated.counts[there], dtype=np.float32)[:, None]
        return z

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.learnt_.of_pairs(users, items)

    @property
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating that the model has learnt from."""
        return self.learnt_.scale.ends

    @property
    def users_count(self) -> int:
        """How many users the model was trained on."""
        return len(self.learnt_.factors.user_bias)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.learnt_.factors.item_bias)

    def arrays(self) -> dict[str, Array]:
        """Return biases, vectors, implicit vectors and scale; those of users are for `predict` alone."""
        return {**self.learnt_.arrays(), "implicit": self.implicit_}

    @classmethod
    def from_arrays(cls, config: SVDppConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its biases, vectors and scale."""
        model = cls(config)
        model.learnt_ = BiasedFactors.from_arrays(arrays)
        model.implicit_ = np.asarray(arrays["implicit"])
        return model
