"""The similarity of two rows of weights: two items by their shoppers, or two shoppers by their items.

Inner products of weighted entries are divided by the sizes of both rows (`kernels.products_numpy`). The weights and
sizes of row a with entries w_c, where n_c of N rows have column c and idf_c = log(1 + N / n_c):

    cosine    w_c                                                         Σ w_c²
    tfidf     √w_c · idf_c                                                Σ w_c idf_c²
    bm25      idf_c · w_c (K + 1) / (w_c + K (1 - B + B |a| / mean |a|))  1
    jaccard   1                                                           how many entries

The cosine divides by size(a)^α size(b)^(1 - α), and with α = ½ by both lengths (Aiolli, "Efficient Top-N Recommendation
for Very Large Scale Binary Rated Datasets", 2013, for other α). BM25 is Robertson and Zaragoza's (2009), with entries
for terms and rows for documents.
"""

from typing import Final, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator, row_sums

Floats = NDArray[np.float32]

Similarity = Literal["cosine", "tfidf", "bm25", "jaccard"]

_K: Final = 1.2
_B: Final = 0.75


class Measure(NamedTuple):
    """A similarity, with the statistics of the rows that it was learnt from."""

    similarity: Similarity
    rarity: Floats
    """idf of each column, (columns,)."""
    mean_length: Floats
    """The mean sum of a row, (1,)."""

    @classmethod
    def of(cls, similarity: Similarity, rows: CSR, columns: int) -> Self:
        """Learn the statistics of a matrix with this number of columns."""
        count = len(rows.indptr) - 1
        rows_with = np.maximum(np.bincount(rows.indices, minlength=columns), 1)
        mean = rows.values.sum(dtype=np.float64) / max(1, count)
        return cls(similarity, np.log1p(count / rows_with).astype(np.float32), np.array([mean], np.float32))

    def weighted(self, rows: CSR) -> CSR:
        """Return the rows with their entries weighted for this similarity."""
        return CSR(rows.indptr, rows.indices, self._weights(rows).astype(np.float32, copy=False))

    def sizes(self, weighted: CSR) -> Floats:
        """Return the size of each weighted row, (rows,)."""
        if self.similarity == "bm25":
            return np.ones(len(weighted.indptr) - 1, np.float32)
        return row_sums(weighted, weighted.values**2, np.float64).astype(np.float32)

    def denominator(self, left: Floats, right: Floats, alpha: float, shrinkage: float) -> Denominator:
        """Return what inner products are divided by, given the sizes of both sides."""
        if self.similarity == "jaccard":
            return Denominator(left, right, shrinkage, union=True)
        return Denominator(left ** np.float32(alpha), right ** np.float32(1 - alpha), shrinkage, union=False)

    def _weights(self, rows: CSR) -> NDArray[np.floating]:
        if self.similarity == "cosine":
            return rows.values
        if self.similarity == "jaccard":
            return np.ones_like(rows.values)
        rarity = self.rarity[rows.indices]
        if self.similarity == "tfidf":
            return np.sqrt(rows.values) * rarity
        lengths = row_sums(rows, rows.values, np.float64) / self.mean_length[0]
        length = np.repeat(lengths, rows.counts)
        saturated: NDArray[np.floating] = rows.values * (_K + 1) / (rows.values + _K * (1 - _B + _B * length))
        return rarity * saturated
