"""Items regressed on items: the linear autoencoder with a closed form.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (2019): the weights B minimise |X - XB|² + λ |B|² with a
diagonal of 0, which is B_ij = -P_ij / P_jj with P = (XᵀX + λI)⁻¹.

That inverse takes 4 · items² bytes and about items³ operations. Measured on two cores with 900,000 events: 2 s for
6,000 items, 10 s and 600 MB for 12,000; 41,000 would take forty times as many operations and 7 GB. Past `dense_items`,
each item is regressed on its nearest neighbours alone: the same minimum with all other weights held at 0 (Ning and
Karypis, "SLIM", 2011, section 4.2). That costs an item about neighbours · (neighbours² / 3 + the entries of the
neighbours) operations, and no memory beyond the weights.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Decay, Neighbours, Positive
from aisle.recommenders.similarity import Measure
from aisle.recommenders.sparse import (
    answered,
    dense_products,
    entries_of,
    history_rows,
    products,
    table_arrays,
    table_of,
    top_products,
    training_rows,
)
from aisle.shop.errors import InputError

Floats = NDArray[np.float32]

_MIRRORED: Final = 1024


class EASEConfig(Config, frozen=True):
    """How strongly weights are shrunk, and which of them may differ from 0."""

    regularization: Positive = 100.0
    """λ."""
    dense_items: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 12_000
    """In a larger catalogue, each item is regressed on its nearest neighbours alone."""
    neighbours: Neighbours = 100
    """The number of these neighbours."""
    recency: Decay = 1.0
    """The weight of each item of a history is multiplied by this for every later item; 1 ignores the order."""


class EASE(FoldsIn, Explains, Recommender[EASEConfig]):
    """An item's score is the sum over the history of weight × regression weight.

    A query without a positive weight has scores of NaN.
    """

    name = "ease"

    weights_: Floats | CSR
    """B (items, items): row i holds the weights from item i to the others."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Invert the Gram matrix, or regress each item on its neighbours.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number, or λ is too small beside the weights for float32.
        """
        by_user = training_rows(data.matrix)
        by_item = by_user.transposed(data.shape[1])
        if data.shape[1] <= self.config.dense_items:
            self.weights_ = _all_weights(by_item, by_user, self.config.regularization)
        else:
            self.weights_ = _neighbour_weights(by_item, by_user, self.config)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return weighted sums of regression weights; NaN for a query without a positive weight."""
        history = self._history(queries)
        weights = self.weights_
        if isinstance(weights, CSR):
            return answered(products(history, weights, self.items_count), queries, items)
        return answered(dense_products(history, weights), queries, items)

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return weight × regression weight of each entry of one query's history, (entries,); the sum is the score."""
        history = self._history(queries.single(query))
        weights = self.weights_
        if isinstance(weights, CSR):
            return history.values * entries_of(weights, history.indices, item)
        reach: Floats = weights[history.indices, item]
        return history.values * reach

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.weights_.indptr) - 1 if isinstance(self.weights_, CSR) else len(self.weights_)

    def arrays(self) -> dict[str, Array]:
        """Return the weights, dense or sparse."""
        return table_arrays("", self.weights_) if isinstance(self.weights_, CSR) else {"weights": self.weights_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.weights_ = arrays["weights"] if "weights" in arrays else table_of("", arrays)

    def _history(self, queries: QueryBatch) -> CSR:
        """Return the weights of histories, decayed by `recency`."""
        history = history_rows(queries)
        if self.config.recency == 1:
            return history
        later = np.repeat(history.indptr[1:], history.counts) - 1 - np.arange(len(history.values))
        faded = history.values * np.float32(self.config.recency) ** later
        return CSR(history.indptr, history.indices, faded.astype(np.float32))


def _all_weights(by_item: CSR, by_user: CSR, ridge: float) -> Floats:
    """Return B (items, items), computed in place."""
    from scipy.linalg.lapack import spotrf, spotri

    from aisle.kernels.products import products

    weights = products(by_item, by_user, len(by_item.indptr) - 1)
    np.fill_diagonal(weights, weights.diagonal() + np.float32(ridge))
    # LAPACK counts along columns: it sees the transpose, which is the same matrix.
    _, failed = spotrf(weights.T, lower=True, overwrite_a=True)
    if failed:
        raise InputError(f"regularization = {ridge} is too small beside the weights of these events; raise it")
    spotri(weights.T, lower=True, overwrite_c=True)
    _mirror(weights)
    weights /= -weights.diagonal()
    np.fill_diagonal(weights, 0)
    return weights


def _mirror(matrix: Floats) -> None:
    """Copy the upper triangle to the lower one, a block of rows at a time."""
    for start in range(0, len(matrix), _MIRRORED):
        stop = start + _MIRRORED
        block = matrix[start:stop, start:stop]
        block[:] = np.triu(block) + np.triu(block, 1).T
        matrix[start:stop, :start] = matrix[:start, start:stop].T


def _neighbour_weights(by_item: CSR, by_user: CSR, config: EASEConfig) -> CSR:
    """Return B (items, items) with at most `neighbours` weights in a column."""
    from aisle.kernels.regression import regress

    items, users = len(by_item.indptr) - 1, len(by_user.indptr) - 1
    measure = Measure.of("cosine", by_item, users)
    sizes = measure.sizes(by_item)
    # One more, as each item is its own nearest neighbour.
    near = top_products(by_item, by_user, measure.denominator(sizes, sizes, 0.5, 0.0), config.neighbours + 1)
    others = near.indices != near.rows
    indptr, neighbours = np.append(0, np.cumsum(others))[near.indptr], near.indices[others]
    weights = regress(by_item, users, indptr, neighbours, config.regularization)
    return CSR(indptr, neighbours, weights).transposed(items)
