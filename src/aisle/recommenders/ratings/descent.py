"""Stochastic gradient descent over ratings: the settings of SVD and SVD++, and what follows from them."""

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.sgd_numpy import Factors, Steps
from aisle.recommenders.base import Config
from aisle.recommenders.ranges import Count, NotNegative, Positive
from aisle.shop.errors import SettingsError

Floats = NDArray[np.float32]


class DescentConfig(Config, frozen=True):
    """The size of the vectors, and how far they descend."""

    factors: Count
    """Length of the vectors."""
    epochs: Count = 20
    """E: every rating is visited this many times."""
    learning_rate: Positive = 0.015
    """γ: how far a visit moves biases and vectors."""
    regularization: NotNegative = 0.05
    """λ: the share of themselves that biases and vectors lose per visit."""
    deviation: NotNegative = 0.03
    """The standard deviation of the initial vectors."""

    @property
    def steps(self) -> Steps:
        """The same, as kernels read it."""
        return Steps(self.epochs, self.learning_rate, self.regularization)

    def query_ridge(self, counts: NDArray[np.int64]) -> Floats:
        """Return the ridge that keeps a query's vector as small as descent would, given its ratings, (queries,).

        A vector with n ratings pays λ n |p|² in all. Descent that stops after E epochs acts like another 1 / (γ E)
        (Ali, Kolter and Tibshirani, "A Continuous-Time View of Early Stopping for Least Squares Regression", 2019).
        """
        return (self.regularization * counts + 1 / (self.learning_rate * self.epochs)).astype(np.float32)

    def finite(self, factors: Factors) -> Factors:
        """Return factors where descent has ended, if it has ended anywhere.

        Raises
        ------
        SettingsError
            If they are infinite.
        """
        if not all(np.isfinite(array).all() for array in factors):
            raise SettingsError(
                f"learning_rate = {self.learning_rate} is too large for these ratings; try a tenth of it"
            )
        return factors
