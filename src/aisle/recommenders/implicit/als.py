"""Implicit-feedback matrix factorisation by alternating least squares (iALS).

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008), solved by conjugate gradient
(Takács, Pilászy and Tikk, 2011) with the frequency-scaled regularisation of Rendle, Krichene, Zhang and Koren,
"Revisiting the Performance of iALS on Item Recommendation Benchmarks" (2021). The equations stand in
`kernels.als_numpy`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.als_numpy import Rows, normal_matrix, solve_row, targets
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.topn import FEW, topn_vectors
from aisle.shop.errors import InputError, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]

_FOLD_IN_STEPS: Final = 64
_FOLD_IN_TOLERANCE: Final = 1e-5


class ALSConfig(Config, frozen=True):
    """The objective and how long it is pursued."""

    factors: Count = 128
    """Length of the vectors."""
    regularization: Positive = 0.1
    """λ: a row's vector pays λ · (n + unobserved_weight · others)^regularization_exponent times its squared length,
    where n is how many entries the row has and `others` how many it could have."""
    regularization_exponent: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.5
    """ν: 0 for the same regularisation everywhere, 1 for one that grows with the number of entries."""
    unobserved_weight: Positive = 0.02
    """How much a pair without events counts against one purchase; 1 / α of Hu, Koren and Volinsky."""
    iterations: Count = 12
    """How many times both sides are solved."""
    cg_steps: Count = 2
    """Conjugate-gradient steps per row and half iteration; preconditioned and started warm, two do what three usually
    do."""


class ALS(Recommender[ALSConfig], FoldsIn, HasItemVectors, Explains):
    """Vectors for items, learnt so that the inner product with a shopper's says how much they want the item.

    Shoppers are never stored: the vector of a query is the least-squares solution for its history, the same for
    shoppers known and unknown at training time. An item with a negative weight, sent back or rated badly, pulls towards
    a score of 0. A query without any positive weight has no vector, and all its scores are NaN.
    """

    name = "als"
    config_type: ClassVar[type[Config]] = ALSConfig

    item_vectors_: Floats
    """Vectors (items, factors) on their principal axes."""
    spectrum_: Floats
    """The diagonal of their Gram matrix, (factors,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Alternate between solving all users and all items.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number.
        """
        # The compiled kernels are for training and batches: see recommenders.topn.FEW.
        from aisle.kernels.als import half_step
        from aisle.kernels.threads import all_cores

        _check(data.matrix)
        config = self.config
        users, items = _rows(data.matrix, config), _rows(data.matrix.T.tocsr(), config)
        user_vectors = np.zeros((len(users.ridge), config.factors), np.float32)
        item_vectors = _first_vectors(len(items.ridge), config.factors, seed)
        weight, steps = config.unobserved_weight, config.cg_steps
        with all_cores():
            for _ in range(config.iterations):
                half_step(users, user_vectors, item_vectors, weight, steps)
                half_step(items, item_vectors, user_vectors, weight, steps)
        return self.adopt(item_vectors)

    def adopt(self, item_vectors: Floats) -> Self:
        """Take over item vectors (items, factors) at the minimum of this objective, whoever found it.

        They are turned onto their principal axes, in place, which changes no inner product.
        """
        from aisle.kernels.als import align

        self.spectrum_ = align(item_vectors)
        self.item_vectors_ = item_vectors
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return inner products; NaN for a query that likes nothing."""
        vectors = self.item_vectors if items is None else self.item_vectors[items]
        return self.query_vectors(queries) @ vectors.T

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, scored and ranked in one go."""
        return topn_vectors(self.query_vectors(queries), self.item_vectors, n, exclude)

    @property
    def item_vectors(self) -> Floats:
        """Vectors (items, factors) float32, C-contiguous."""
        return self.item_vectors_

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return vectors (queries, factors): exact for a few queries, within a ten-thousandth for many."""
        ridge = _query_ridge(queries, len(self.item_vectors_), self.config)
        vectors = self._solve_each(queries, ridge) if len(queries) <= FEW else self._solve_batch(queries, ridge)
        vectors[_entries(queries.history.indptr, queries.weights > 0) == 0] = np.nan
        return vectors

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return what each entry of one query's history adds to the score of one item, (entries,)."""
        return self.explain_product(queries, query, self.item_vectors_[item])

    def explain_product(self, queries: QueryBatch, query: int, vector: Floats) -> Floats:
        """Return what each entry of one query's history adds to its inner product with a vector, (entries,).

        With W = A⁻¹, entry j adds vᵀ W y_j b_j, and the sum is the product (Hu, Koren and Volinsky, section 5).
        """
        one = queries.slice(query, query + 1)
        ridge = float(_query_ridge(one, len(self.item_vectors_), self.config)[0])
        neighbours = self.item_vectors_[one.history.items]
        matrix = normal_matrix(neighbours, one.weights, self.spectrum_, ridge, self.config.unobserved_weight)
        reach = neighbours @ np.linalg.solve(matrix, vector)
        return reach * targets(one.weights, self.config.unobserved_weight)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.item_vectors_)

    def arrays(self) -> dict[str, Array]:
        """Return the item vectors and their spectrum."""
        return {"item_vectors": self.item_vectors_, "spectrum": self.spectrum_}

    @classmethod
    def from_arrays(cls, config: ALSConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its item vectors and their spectrum."""
        model = cls(config)
        # A plain view: the class of a mapped file slows down every small operation.
        model.item_vectors_ = np.asarray(arrays["item_vectors"])
        model.spectrum_ = np.asarray(arrays["spectrum"])
        return model

    def _solve_each(self, queries: QueryBatch, ridge: Floats) -> Floats:
        vectors = np.empty((len(queries), self.config.factors), np.float32)
        for query, row_ridge in enumerate(ridge):
            one = queries.slice(query, query + 1)
            neighbours = self.item_vectors_[one.history.items]
            vectors[query] = solve_row(
                neighbours, one.weights, self.spectrum_, float(row_ridge), self.config.unobserved_weight
            )
        return vectors

    def _solve_batch(self, queries: QueryBatch, ridge: Floats) -> Floats:
        from aisle.kernels.als import improve_rows

        vectors = np.zeros((len(queries), self.config.factors), np.float32)
        improve_rows(
            Rows(queries.history.indptr, queries.history.items, queries.weights, ridge),
            vectors,
            self.item_vectors_,
            self.spectrum_,
            self.config.unobserved_weight,
            _FOLD_IN_STEPS,
            _FOLD_IN_TOLERANCE,
        )
        return vectors


def _rows(matrix: "csr_array", config: ALSConfig) -> Rows:
    indptr = matrix.indptr.astype(np.int64, copy=False)
    indices = matrix.indices.astype(np.int32, copy=False)
    return Rows(indptr, indices, matrix.data, row_ridge(np.diff(indptr), matrix.shape[1], config))


def row_ridge(entries: NDArray[np.int64], others: int, config: ALSConfig) -> Floats:
    """Return λ (n + w0 · others)^ν of each row."""
    mass = entries + config.unobserved_weight * others
    return (config.regularization * mass**config.regularization_exponent).astype(np.float32)


def _query_ridge(queries: QueryBatch, items: int, config: ALSConfig) -> Floats:
    return row_ridge(_entries(queries.history.indptr, queries.weights != 0), items, config)


def _entries(indptr: NDArray[np.int64], counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many entries of each list are counted."""
    return np.diff(np.append(0, np.cumsum(counted))[indptr])


def _first_vectors(rows: int, factors: int, seed: int) -> Floats:
    """Draw vectors whose inner products are about a tenth, whatever their length."""
    drawn = np.random.default_rng(seed).standard_normal((rows, factors), np.float32)
    drawn *= np.float32(0.1 / np.sqrt(factors))
    return drawn


def _check(matrix: "csr_array") -> None:
    if matrix.nnz == 0:
        raise NotEnoughData("nobody likes anything in these events; import purchases, carts, views or ratings")
    if not np.isfinite(matrix.data).all():
        raise InputError(
            "a weight is not a finite number; look for prices, ratings or weights that are NaN or infinite"
        )
