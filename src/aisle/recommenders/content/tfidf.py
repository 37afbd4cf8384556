"""Counted terms as vectors of length 1, in which rare terms weigh more: TF-IDF with the logarithm of counts."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.prepare.ngrams import Counted
from aisle.shop.ids import UNKNOWN, Vocabulary

Floats = NDArray[np.float32]


class TfIdf:
    """The terms that count, and how much each weighs.

    A text's entry for a term that it has c times is (1 + ln c) (1 + ln((1 + texts) / (1 + texts that have it))), over
    the Euclidean length of all its entries. A text without any known term is all zeros. All is float32, step by step
    as scikit-learn computes it, so that both agree to the last bit.

    Parameters
    ----------
    terms
        The terms by number.
    idf
        The second factor, (terms,).
    """

    def __init__(self, terms: Vocabulary, idf: Floats) -> None:
        self.terms = terms
        self.idf = idf

    @classmethod
    def learn(cls, counted: Counted, min_texts: int = 1, most: int | None = None) -> Self:
        """Keep the terms of `min_texts` texts or more, and of these at most the `most` most frequent ones."""
        texts_with = np.bincount(counted.counts.indices, minlength=len(counted.terms))
        kept = np.flatnonzero(texts_with >= min_texts)
        if most is not None and len(kept) > most:
            kept = _most_frequent(counted, kept, most)
        texts = np.float32(1 + counted.counts.shape[0])
        idf = 1 + np.log(texts / (1 + texts_with[kept]).astype(np.float32))
        return cls(Vocabulary(counted.terms[number] for number in kept.tolist()), idf)

    def vectors(self, counted: Counted) -> csr_array:
        """Return the vectors of counted texts, (texts, terms) float32, without the terms that are not known.

        A text's vector does not depend on the texts beside it, to the last bit.
        """
        numbers = self.terms.numbers(counted.terms)
        known = counted.counts[:, numbers != UNKNOWN]
        column = numbers[numbers != UNKNOWN][known.indices]
        entries = (1 + np.log(known.data)) * self.idf[column]
        vectors = csr_array((entries, column, known.indptr), shape=(known.shape[0], len(self.terms)))
        vectors.sort_indices()
        return _unit_rows(vectors)


def _most_frequent(counted: Counted, among: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return the numbers of the terms that come most often, ascending."""
    # In alphabetical order, so that the order of the texts does not decide between equally frequent terms.
    by_name = np.array(sorted(among.tolist(), key=counted.terms.__getitem__))
    frequency = np.asarray(counted.counts.sum(axis=0)).ravel()[by_name]
    return np.sort(by_name[np.argsort(-frequency)[:most]])


def _unit_rows(rows: csr_array) -> csr_array:
    """Return the rows at length 1."""
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    lengths = np.sqrt(np.bincount(row, rows.data**2, rows.shape[0]))
    return csr_array(((rows.data / lengths[row]).astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)
