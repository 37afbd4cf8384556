"""What a rating is on average: the mean of all, and how far shoppers and items are from it.

Koren, "Factor in the Neighbors: Scalable and Accurate Collaborative Filtering" (2010), section 2.1: the biases of
μ + b_u + b_i by alternating means or by gradient descent, with the definitions and the defaults that Surprise uses.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.sgd_numpy import Factors, Steps
from aisle.recommenders.abilities import FoldsIn, PredictsRatings
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ratings.star_ratings import Biases, Ratings, Scale, rated_histories, ratings_of

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class BaselineConfig(Config, frozen=True):
    """How biases are found."""

    method: Literal["als", "sgd"] = "als"
    """Alternating shrunk means, or stochastic gradient descent."""
    iterations: Count = 10
    """als: how many times both sides are averaged."""
    user_regularization: NotNegative = 15.0
    """als: how many ratings without a residual every user is mixed with."""
    item_regularization: NotNegative = 10.0
    """als: how many ratings without a residual every item is mixed with."""
    epochs: Count = 20
    """sgd: how many times every rating is visited."""
    learning_rate: Positive = 0.005
    """sgd: γ, how far a visit moves a bias."""
    regularization: NotNegative = 0.02
    """sgd: λ, how much of itself a bias loses per visit."""


class Baseline(Recommender[BaselineConfig], FoldsIn, PredictsRatings):
    """Every item's stars, the same order for everybody, at the level of the shopper."""

    name = "baseline"
    config_type: ClassVar[type[Config]] = BaselineConfig

    biases_: Biases
    scale_: Scale

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Find the biases.

        Raises
        ------
        NotEnoughData
            If nobody has rated anything.
        """
        ratings = ratings_of(data)
        self.biases_, self.scale_ = find_biases(ratings, self.config), ratings.scale
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return μ + b_u + b_i; without ratings in the history, b_u is 0."""
        return self.biases_.estimates(self.biases_.fold_in(rated_histories(queries, self.scale_)), items)

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        return self.biases_.of_pairs(users, items)

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
        """Return the biases and the scale."""
        return {"user_bias": self.biases_.user, "item_bias": self.biases_.item, "scale": self.scale_.array()}

    @classmethod
    def from_arrays(cls, config: BaselineConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its biases and scale."""
        model = cls(config)
        model.scale_ = Scale.from_array(arrays["scale"])
        model.biases_ = Biases(model.scale_.mean, arrays["user_bias"], arrays["item_bias"], user_ridge(config))
        return model


def find_biases(ratings: Ratings, config: BaselineConfig) -> Biases:
    """Return the biases of all users and items; those without ratings have 0."""
    found = _alternate(ratings, config) if config.method == "als" else _descend(ratings, config)
    return Biases(ratings.mean, *found, user_ridge(config))


def user_ridge(config: BaselineConfig) -> float:
    """Return how many ratings without a residual the bias of a new shopper is mixed with.

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
    """Descend as SVD does, without any factors."""
    # The compiled kernels are for training and batches: see recommenders.topn.FEW.
    from aisle.kernels.sgd import descend

    nothing = np.zeros((ratings.users, 0), np.float32), np.zeros((ratings.items, 0), np.float32)
    factors = Factors(np.zeros(ratings.users, np.float32), np.zeros(ratings.items, np.float32), *nothing)
    descend(ratings.by_user, ratings.mean, factors, Steps(config.epochs, config.learning_rate, config.regularization))
    return factors.user_bias, factors.item_bias
