"""Baseline ratings: the mean of all ratings, and the biases of shoppers and items.

Koren, "Factor in the Neighbors: Scalable and Accurate Collaborative Filtering" (2010), section 2.1: the biases of
μ + b_u + b_i by alternating means or by gradient descent, with the definitions and the defaults that Surprise uses.
"""

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.sgd_numpy import Factors, Steps
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Count, NotNegative, Positive
from aisle.recommenders.ratings.star_ratings import Biases, BiasModel, Ratings, rated_histories, ratings_of

Floats = NDArray[np.float32]


class BaselineConfig(Config, frozen=True):
    """The method that finds the biases, and its settings."""

    method: Literal["als", "sgd"] = "als"
    """Alternating shrunk means, or stochastic gradient descent."""
    iterations: Count = 10
    """als: both sides are averaged this many times."""
    user_regularization: NotNegative = 15.0
    """als: a user's mean is shrunk as if by this many ratings without a residual."""
    item_regularization: NotNegative = 10.0
    """als: an item's mean is shrunk as if by this many ratings without a residual."""
    epochs: Count = 20
    """sgd: every rating is visited this many times."""
    learning_rate: Positive = 0.005
    """sgd: γ: how far a visit moves a bias."""
    regularization: NotNegative = 0.02
    """sgd: λ: the share of itself that a bias loses per visit."""


class Baseline(BiasModel, FoldsIn, PredictsRatings, Recommender[BaselineConfig]):
    """The same order of items for everybody, at the level of the shopper."""

    name = "baseline"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Find the biases."""
        ratings = ratings_of(data)
        self.biases_, self.scale_ = find_biases(ratings, self.config), ratings.scale
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i; without ratings in the history, b_u is 0."""
        return self.biases_.estimates(self.biases_.fold_in(rated_histories(queries, self.scale_)), items)

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.biases_.of_pairs(users, items)

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self._restore_biases(arrays, user_ridge(self.config))


def find_biases(ratings: Ratings, config: BaselineConfig) -> Biases:
    """Return the biases of all users and items; those without ratings have 0."""
    user, item = _alternate(ratings, config) if config.method == "als" else _descend(ratings, config)
    return Biases(ratings.mean, user, item, user_ridge(config))


def user_ridge(config: BaselineConfig) -> float:
    """Return how far the bias of a new shopper is shrunk: as if by this many ratings without a residual.

    Gradient descent that stops after E epochs keeps a bias as small as a ridge of 1 / (γ E) does.
    """
    return config.user_regularization if config.method == "als" else 1 / (config.learning_rate * config.epochs)


def _alternate(ratings: Ratings, config: BaselineConfig) -> tuple[Floats, Floats]:
    """Average items, then users: b_i = Σ (r - μ - b_u) / (λ_i + n_i), and b_u alike."""
    users, items = ratings.by_user.rows, ratings.by_user.indices
    residuals = ratings.by_user.values.astype(np.float64) - ratings.mean
    tiny = np.finfo(np.float64).tiny
    user_mass = np.maximum(ratings.by_user.counts + config.user_regularization, tiny)
    item_mass = np.maximum(np.bincount(items, minlength=ratings.items) + config.item_regularization, tiny)
    user = np.zeros(ratings.users)
    for _ in range(config.iterations):
        item = np.bincount(items, residuals - user[users], minlength=ratings.items) / item_mass
        user = np.bincount(users, residuals - item[items], minlength=ratings.users) / user_mass
    return user.astype(np.float32), item.astype(np.float32)


def _descend(ratings: Ratings, config: BaselineConfig) -> tuple[Floats, Floats]:
    """Descend as SVD does, with vectors of length 0."""
    # The compiled kernels are for training and batches: see recommenders.topn.FEW.
    from aisle.kernels.sgd import descend

    vectors = np.zeros((ratings.users, 0), np.float32), np.zeros((ratings.items, 0), np.float32)
    factors = Factors(np.zeros(ratings.users, np.float32), np.zeros(ratings.items, np.float32), *vectors)
    descend(ratings.by_user, ratings.mean, factors, Steps(config.epochs, config.learning_rate, config.regularization))
    return factors.user_bias, factors.item_bias
