"""Implicit-feedback matrix factorisation by alternating least squares (iALS).

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008), solved by conjugate gradient
(Takács, Pilászy and Tikk, 2011) with the frequency-scaled regularisation of Rendle, Krichene, Zhang and Koren,
"Revisiting the Performance of iALS on Item Recommendation Benchmarks" (2021). The equations are in
`kernels.als_numpy`.
"""

from typing import Annotated, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.als_numpy import Rows, normal_matrix, solve_row, targets
from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Count, Positive
from aisle.recommenders.sparse import training_rows
from aisle.recommenders.topn import FEW, compiled

Floats = NDArray[np.float32]

_FOLD_IN_STEPS: Final = 64
_FOLD_IN_TOLERANCE: Final = 1e-5


class ALSConfig(Config, frozen=True):
    """The objective, and how long it is pursued."""

    factors: Count = 128
    """Length of the vectors."""
    regularization: Positive = 0.1
    """λ: a row's vector pays λ · (n + unobserved_weight · others)^regularization_exponent times its squared length,
    where n is the number of its entries and `others` the number that it could have."""
    regularization_exponent: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.5
    """ν: 0 for the same regularisation everywhere, 1 for one that grows with the number of entries."""
    unobserved_weight: Positive = 0.02
    """The weight of a pair without events, where a purchase has 1; 1 / α of Hu, Koren and Volinsky."""
    iterations: Count = 12
    """Both sides are solved this many times."""
    cg_steps: Count = 2
    """Conjugate-gradient steps per row and half iteration; preconditioned and started warm, two do what three usually
    do."""


class ALS(HasItemVectors, FoldsIn, Explains, Recommender[ALSConfig]):
    """Item vectors, learnt so that the inner product with a shopper's vector says how much they want the item.

    Shoppers are not stored: the vector of a query is the least-squares solution for its history, the same for shoppers
    known and unknown at training time. An item with a negative weight, sent back or rated badly, pulls towards a score
    of 0. A query without a positive weight has no vector, and all its scores are NaN. `item_vectors_` are on their
    principal axes.
    """

    name = "als"

    spectrum_: Floats
    """The diagonal of the Gram matrix of the item vectors, (factors,)."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Alternate between solving all users and all items."""
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.als import half_step
        from aisle.kernels.threads import all_cores

        config, (users_count, items_count) = self.config, data.shape
        by_user = training_rows(data.matrix)
        users = _rows(by_user, items_count, config)
        items = _rows(by_user.transposed(items_count), users_count, config)
        user_vectors = np.zeros((users_count, config.factors), np.float32)
        item_vectors = _first_vectors(items_count, config.factors, seed)
        weight, steps = config.unobserved_weight, config.cg_steps
        with all_cores():
            for _ in range(config.iterations):
                half_step(users, user_vectors, item_vectors, weight, steps)
                half_step(items, item_vectors, user_vectors, weight, steps)
        return self.adopt(item_vectors)

    def adopt(self, item_vectors: Floats) -> Self:
        """Take over item vectors (items, factors) at the minimum of this objective, wherever they were learnt.

        They are turned onto their principal axes, in place, which changes no inner product.
        """
        from aisle.kernels.als import align

        self.spectrum_ = align(item_vectors)
        self.item_vectors_ = item_vectors
        return self

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return vectors (queries, factors): exact for a few queries, within a ten-thousandth for many."""
        ridge = _query_ridge(queries, len(self.item_vectors_), self.config)
        vectors = self._improve(queries, ridge) if compiled(len(queries)) else self._solve_each(queries, ridge)
        vectors[queries.likes_nothing] = np.nan
        return vectors

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        return self.explain_product(queries, query, self.item_vectors_[item])

    def explain_product(self, queries: QueryBatch, query: int, vector: Floats) -> Floats:
        """Return what each entry of one query's history adds to its inner product with a vector, (entries,).

        With W = A⁻¹, entry j adds vᵀ W y_j b_j, and the sum is the product (Hu, Koren and Volinsky, section 5).
        """
        single = queries.single(query)
        ridge = float(_query_ridge(single, len(self.item_vectors_), self.config)[0])
        neighbours = self.item_vectors_[single.history.items]
        matrix = normal_matrix(neighbours, single.weights, self.spectrum_, ridge, self.config.unobserved_weight)
        reach = neighbours @ np.linalg.solve(matrix, vector)
        return reach * targets(single.weights, self.config.unobserved_weight)

    def _solve_each(self, queries: QueryBatch, ridge: Floats) -> Floats:
        """Return the exact vectors of a few queries, each by one system of equations."""
        vectors = np.empty((len(queries), self.config.factors), np.float32)
        for query, row_ridge in enumerate(ridge.tolist()):
            single = queries.single(query)
            neighbours = self.item_vectors_[single.history.items]
            vectors[query] = solve_row(
                neighbours, single.weights, self.spectrum_, row_ridge, self.config.unobserved_weight
            )
        return vectors

    def _improve(self, queries: QueryBatch, ridge: Floats) -> Floats:
        """Return vectors by conjugate gradient: on all cores, and for a few queries until float32 ends."""
        from aisle.kernels.als import improve_rows

        vectors = np.zeros((len(queries), self.config.factors), np.float32)
        improve_rows(
            Rows(queries.history.indptr, queries.history.items, queries.weights, ridge),
            vectors,
            self.item_vectors_,
            self.spectrum_,
            self.config.unobserved_weight,
            _FOLD_IN_STEPS,
            _FOLD_IN_TOLERANCE if len(queries) > FEW else 0.0,
        )
        return vectors


def _rows(table: CSR, columns: int, config: ALSConfig) -> Rows:
    """Return the rows of a table with the regularisation of each."""
    return Rows(*table, row_ridge(table.counts, columns, config))


def row_ridge(entries: NDArray[np.int64], others: int, config: ALSConfig) -> Floats:
    """Return λ (n + w0 · others)^ν of each row."""
    mass = entries + config.unobserved_weight * others
    return (config.regularization * mass**config.regularization_exponent).astype(np.float32)


def _query_ridge(queries: QueryBatch, items: int, config: ALSConfig) -> Floats:
    return row_ridge(_count_in_lists(queries.weights != 0, queries.history.indptr), items, config)


def _count_in_lists(flags: NDArray[np.bool_], indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many entries of each list are flagged."""
    if len(indptr) == 2:
        return np.array([np.count_nonzero(flags)])
    return np.diff(np.append(0, np.cumsum(flags))[indptr])


def _first_vectors(rows: int, factors: int, seed: int) -> Floats:
    """Draw vectors whose inner products are about a tenth, for any length."""
    drawn = np.random.default_rng(seed).standard_normal((rows, factors), np.float32)
    drawn *= np.float32(0.1 / np.sqrt(factors))
    return drawn
