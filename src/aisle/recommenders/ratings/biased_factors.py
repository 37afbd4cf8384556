"""Biases and vectors whose inner products are stars: what SVD, SVD++ and ALS-WR learn, each in its own way."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import ridge_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors
from aisle.recommenders.base import Array
from aisle.recommenders.ratings.star_ratings import Biases, BiasModel, Ratings, Scale
from aisle.recommenders.topn import FEW

Floats = NDArray[np.float32]


class FactorModel(BiasModel):
    """What the models share that learn stars as μ + b_u + b_i + q_i·p_u; a class lists it before `Recommender`."""

    factors_: Factors
    """b and the vectors p and q. Those of users are for pairs of known users alone: queries are folded in."""

    def keep(self, scale: Scale, factors: Factors) -> Self:
        """Take over the scale of the ratings, with their mean μ, and what was learnt."""
        self.scale_, self.factors_ = scale, factors
        self.biases_ = Biases(scale.mean, factors.user_bias, factors.item_bias, user_ridge=0)
        return self

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Floats:
        p, q = self.factors_.user_factors[users], self.factors_.item_factors[items]
        products: Floats = np.einsum("nk,nk->n", p, q)
        return self.biases_.of_pairs(users, items) + products

    def of_queries(
        self, histories: CSR, ridge: Floats, implied: Floats | None = None, items: NDArray[np.int32] | None = None
    ) -> Floats:
        """Return the stars of all items, or of some, (queries, items).

        b and p of each query minimise Σ (r - μ - b_i - q_i·z - b - q_i·p)² + ridge (b² + |p|²) over its ratings, and
        are 0 without ratings; q_i is then multiplied with p + z.

        Parameters
        ----------
        histories
            Stars, a row per query.
        ridge
            Positive, (queries,).
        implied
            z, the known part of each query's vector, (queries, factors); None: 0.
        items
            Item numbers; None: all.
        """
        q, no_bias = self.factors_.item_factors, np.zeros(len(ridge), np.float32)
        if implied is None and len(histories.indices) == 0:
            return self.biases_.estimates(no_bias, items)
        residuals = self.biases_.residuals(histories, no_bias, self.biases_.item)
        if implied is not None:
            explained: Floats = np.einsum("nk,nk->n", implied[histories.rows], q[histories.indices])
            residuals = residuals._replace(values=residuals.values - explained)
        solved = solve_biased(residuals, ridge, q)
        vectors: Floats = solved[:, 1:] if implied is None else solved[:, 1:] + implied
        products: Floats = vectors @ (q if items is None else q[items]).T
        return self.biases_.estimates(solved[:, 0], items) + products

    def arrays(self) -> dict[str, Array]:
        """Return biases, vectors and scale; those of users are for `predict` alone."""
        return super().arrays() | self.factors_._asdict()

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.keep(Scale.from_array(arrays["scale"]), Factors(*(arrays[name] for name in Factors._fields)))


def solve_biased(residuals: CSR, ridge: Floats, vectors: Floats) -> Floats:
    """Return bias and vector (rows, 1 + factors) of each row: a ridge regression on the vectors, with a 1 before each.

    Parameters
    ----------
    residuals
        What the regression explains; columns are rows of `vectors`.
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


def first_factors(ratings: Ratings, factors: int, deviation: float, draw: np.random.Generator) -> Factors:
    """Draw vectors for users and items with ratings; all biases, and all other vectors, are 0."""
    rated = np.bincount(ratings.by_user.indices, minlength=ratings.items)
    p, q = (drawn_vectors(counts, factors, deviation, draw) for counts in (ratings.by_user.counts, rated))
    return Factors(np.zeros(len(p), np.float32), np.zeros(len(q), np.float32), p, q)


def drawn_vectors(counts: NDArray[np.int64], factors: int, deviation: float, draw: np.random.Generator) -> Floats:
    """Draw a vector (factors,) for each row; those of rows without ratings are 0."""
    vectors = draw.standard_normal((len(counts), factors), np.float32) * np.float32(deviation)
    vectors[counts == 0] = 0
    return vectors
