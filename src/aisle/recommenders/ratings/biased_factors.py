"""Biases and vectors whose inner products are stars: what SVD, SVD++ and ALS-WR have learnt in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import ridge_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors
from aisle.recommenders.base import Array
from aisle.recommenders.ratings.star_ratings import Biases, Ratings, Scale
from aisle.recommenders.topn import FEW
from aisle.shop.errors import SettingsError

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BiasedFactors:
    """Stars as μ + b_u + b_i + q_i·p_u.

    Attributes
    ----------
    scale
        The stars that the ratings use, with their mean μ.
    factors
        b and the vectors p and q. Those of users are for pairs of known users alone: queries are folded in.
    """

    scale: Scale
    factors: Factors

    @property
    def biases(self) -> Biases:
        """μ and b."""
        return Biases(self.scale.mean, self.factors.user_bias, self.factors.item_bias, user_ridge=0)

    def of_pairs(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        """Return the stars of pairs of known users and items, (pairs,)."""
        p, q = self.factors.user_factors[users], self.factors.item_factors[items]
        products: Floats = np.einsum("nk,nk->n", p, q)
        return self.biases.of_pairs(users, items) + products

    def of_queries(
        self, histories: CSR, ridge: Floats, implied: Floats | None = None, items: NDArray[np.int32] | None = None
    ) -> Floats:
        """Return the stars of all items, or of the given ones, (queries, items).

        b and p of each query minimise Σ (r - μ - b_i - q_i·z - b - q_i·p)² + ridge (b² + |p|²) over its ratings, and
        are 0 without any; q_i is then multiplied with p + z.

        Parameters
        ----------
        histories
            Stars, a row per query.
        ridge
            Positive, (queries,).
        implied
            z, the part of each vector that is known already, (queries, factors); 0 by default.
        items
            Which items.
        """
        q, nothing = self.factors.item_factors, np.zeros(len(ridge), np.float32)
        residuals = self.biases.residuals(histories, nothing, self.biases.item)
        if implied is not None:
            explained: Floats = np.einsum("nk,nk->n", implied[histories.rows], q[histories.indices])
            residuals = residuals._replace(values=residuals.values - explained)
        solved = solve_biased(residuals, ridge, q)
        vectors: Floats = solved[:, 1:] if implied is None else solved[:, 1:] + implied
        products: Floats = vectors @ (q if items is None else q[items]).T
        return self.biases.estimates(solved[:, 0], items) + products

    def arrays(self) -> dict[str, Array]:
        """Return biases, vectors and scale."""
        return {**self.factors._asdict(), "scale": self.scale.array()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Read them back."""
        # Plain views: the class of a mapped file slows down every small operation.
        factors = Factors(*(np.asarray(arrays[name]) for name in Factors._fields))
        return cls(Scale.from_array(arrays["scale"]), factors)


def solve_biased(residuals: CSR, ridge: Floats, vectors: Floats) -> Floats:
    """Return bias and vector (rows, 1 + factors) of each row: a ridge regression on the vectors, with a 1 before each.

    Parameters
    ----------
    residuals
        What is to be explained; columns are rows of `vectors`.
    ridge
        Positive, (rows,).
    vectors
        (columns, factors).
    """
    if len(ridge) <= FEW:
        in_order = np.arange(len(residuals.indices), dtype=np.int32)
        return ridge_numpy.solve_rows(
            residuals._replace(indices=in_order), ridge, _with_ones(vectors[residuals.indices])
        )
    # The compiled kernels are for training and batches: see recommenders.topn.FEW.
    from aisle.kernels.ridge import solve_rows

    return solve_rows(residuals, ridge, _with_ones(vectors))


def _with_ones(vectors: Floats) -> Floats:
    return np.column_stack((np.ones(len(vectors), np.float32), vectors))


def stopped_ridge(counts: NDArray[np.int64], learning_rate: float, epochs: int, regularization: float) -> Floats:
    """Return the ridge that keeps a vector as small as stochastic gradient descent does, (queries,).

    A vector with n ratings pays λ n |p|² in all; that descent stops after E epochs acts like another 1 / (γ E)
    (Ali, Kolter and Tibshirani, "A Continuous-Time View of Early Stopping for Least Squares Regression", 2019).
    """
    return (regularization * counts + 1 / (learning_rate * epochs)).astype(np.float32)


def first_factors(ratings: Ratings, factors: int, deviation: float, draw: np.random.Generator) -> Factors:
    """Draw vectors for whoever has ratings; biases, and the vectors of everybody else, are 0."""
    rated = np.bincount(ratings.by_user.indices, minlength=ratings.items)
    p, q = (drawn_vectors(counts, factors, deviation, draw) for counts in (ratings.by_user.counts, rated))
    return Factors(np.zeros(len(p), np.float32), np.zeros(len(q), np.float32), p, q)


def drawn_vectors(counts: NDArray[np.int64], factors: int, deviation: float, draw: np.random.Generator) -> Floats:
    """Draw a vector (factors,) for each row that has ratings."""
    vectors = draw.standard_normal((len(counts), factors), np.float32) * np.float32(deviation)
    vectors[counts == 0] = 0
    return vectors


def descended(factors: Factors, learning_rate: float) -> Factors:
    """Return the factors where gradient descent has led to any.

    Raises
    ------
    SettingsError
        If it has led to infinity.
    """
    if not all(np.isfinite(part).all() for part in factors):
        raise SettingsError(f"learning_rate = {learning_rate} is too large for these ratings; try a tenth of it")
    return factors
