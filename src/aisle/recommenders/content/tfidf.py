"""Counted n-grams as vectors of length 1, in which rare ones weigh more: TF-IDF with the logarithm of counts."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.prepare.ngrams import Counted
from aisle.recommenders.base import Array
from aisle.shop.ids import UNKNOWN, Vocabulary


class TfIdf:
    """The n-grams that enough texts have, and how much each weighs.

    A text's entry for an n-gram it has c times is (1 + ln c) (1 + ln((1 + texts) / (1 + texts that have it))), over the
    Euclidean length of all its entries. A text without any known n-gram is all zeros.

    Parameters
    ----------
    terms
        The n-grams by number.
    idf
        The second factor, (terms,).
    """

    def __init__(self, terms: Vocabulary, idf: NDArray[np.float32]) -> None:
        self.terms = terms
        self.idf = idf

    @classmethod
    def learn(cls, counted: Counted, least: int) -> Self:
        """Take up the n-grams that at least so many of the counted texts have."""
        holders = np.bincount(counted.counts.indices, minlength=len(counted.terms))
        kept = np.flatnonzero(holders >= least)
        idf = 1 + np.log((1 + counted.counts.shape[0]) / (1 + holders[kept]))
        return cls(Vocabulary(counted.terms[number] for number in kept.tolist()), idf.astype(np.float32))

    def vectors(self, counted: Counted) -> csr_array:
        """Return the vectors of counted texts, (texts, terms) float32, without the n-grams that are not known.

        A text's vector does not depend on the texts beside it, to the last bit.
        """
        numbers = self.terms.numbers(counted.terms)
        known = counted.counts[:, numbers != UNKNOWN]
        column = numbers[numbers != UNKNOWN][known.indices]
        entries = (1 + np.log(known.data)) * self.idf[column]
        vectors = csr_array((entries, column, known.indptr), shape=(known.shape[0], len(self.terms)))
        vectors.sort_indices()
        return _of_length_1(vectors)

    def arrays(self) -> dict[str, Array]:
        """Return everything learnt, as a bundle stores it."""
        return {**self.terms.to_arrays(), "idf": self.idf}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Rebuild it from what `arrays` gave."""
        return cls(Vocabulary.from_arrays(dict(arrays)), arrays["idf"])


def _of_length_1(rows: csr_array) -> csr_array:
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    lengths = np.sqrt(np.bincount(row, rows.data.astype(np.float64) ** 2, rows.shape[0]))
    return csr_array(((rows.data / lengths[row]).astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)
