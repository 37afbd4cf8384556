"""Biased matrix factorisation by stochastic gradient descent, known as Funk's SVD.

Funk, "Netflix Update: Try This at Home" (2006), with the biases of Koren, Bell and Volinsky, "Matrix Factorization
Techniques for Recommender Systems" (2009); definitions and order of visits are those of Surprise. The
equations stand in `kernels.sgd_numpy`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.sgd_numpy import Steps
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.biased_factors import BiasedFactors, descended, first_factors, stopped_ridge
from aisle.recommenders.ratings.star_ratings import rated_histories, ratings_of

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class SVDConfig(Config, frozen=True):
    """How many factors, and how far they descend."""

    factors: Count = 100
    """Length of the vectors."""
    epochs: Count = 20
    """E, how many times every rating is visited."""
    learning_rate: Positive = 0.015
    """γ, how far a visit moves biases and vectors."""
    regularization: NotNegative = 0.05
    """λ, how much of themselves biases and vectors lose per visit."""
    deviation: NotNegative = 0.03
    """The standard deviation of the first factors."""


class SVD(Recommender[SVDConfig], FoldsIn, PredictsRatings):
    """Stars as μ + b_u + b_i + q_i·p_u.

    The bias and the vector of a query solve the ridge regression of its ratings on the item vectors, for shoppers known
    and unknown at training time alike; `predict` uses those that the training left.
    """

    name = "svd"
    config_type: ClassVar[type[Config]] = SVDConfig

    learnt_: BiasedFactors

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
        from aisle.kernels.sgd import descend

        ratings, config = ratings_of(data), self.config
        factors = first_factors(ratings, config.factors, config.deviation, np.random.default_rng(seed))
        descend(
            ratings.by_user, ratings.mean, factors, Steps(config.epochs, config.learning_rate, config.regularization)
        )
        self.learnt_ = BiasedFactors(ratings.scale, descended(factors, config.learning_rate))
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i + q_i·p_u; without ratings in the history, b_u and p_u are 0."""
        histories, config = rated_histories(queries, self.learnt_.scale), self.config
        ridge = stopped_ridge(histories.counts, config.learning_rate, config.epochs, config.regularization)
        return self.learnt_.of_queries(histories, ridge, items=items)

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
        """Return biases, vectors and scale; those of users are for `predict` alone."""
        return self.learnt_.arrays()

    @classmethod
    def from_arrays(cls, config: SVDConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its biases, vectors and scale."""
        model = cls(config)
        model.learnt_ = BiasedFactors.from_arrays(arrays)
        return model
