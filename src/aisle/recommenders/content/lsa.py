"""Texts as vectors, from nothing but the texts themselves: latent semantic analysis.

Deerwester et al., "Indexing by Latent Semantic Analysis" (1990): TF-IDF weights, projected on the leading singular
vectors of all texts together.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle.kernels.csr import CSR
from aisle.kernels.subspace import leading_directions
from aisle.prepare.ngrams import Counted, numbered
from aisle.recommenders.content.tfidf import TfIdf
from aisle.recommenders.sparse import dense_products

Floats = NDArray[np.float32]

MOST_TERMS: Final = 20_000
"""Only this many of the most frequent terms of a catalogue count."""

MOST_TEXTS: Final = 60_000
"""The directions of more texts are those of a sample of so many: of each it needs a dense row, several times over."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, ignoring case, in any language that separates its words."""
    return re.findall(r"\w+", text.casefold())


class LSA:
    """An encoder that learns from the texts that it encodes.

    Parameters
    ----------
    factors
        The number of singular vectors, at most.
    seed
        Of the search for them.
    terms
        Splits a text into its terms.
    """

    def __init__(self, factors: int, seed: int, terms: Callable[[str], Sequence[str]] = words_of) -> None:
        self._factors = factors
        self._seed = seed
        self._terms = terms

    def encode(self, sentences: list[str], /) -> Floats:
        """Return vectors (texts, factors) of length 1 at most; 0 for a text without terms."""
        counted = _counted(map(self._terms, sentences), len(sentences))
        if not counted.terms:
            return np.zeros((len(sentences), 0), np.float32)
        learnt = TfIdf.learn(counted, most=MOST_TERMS)
        weights = _alphabetical(learnt.vectors(counted), learnt.terms.ids)
        sample = _sample(weights, self._seed)
        by_term = sample.transposed(len(learnt.terms))
        return dense_products(weights, leading_directions(sample, by_term, self._factors, self._seed))


def _sample(weights: CSR, seed: int) -> CSR:
    """Return the rows of `MOST_TEXTS` texts at most."""
    texts = len(weights.indptr) - 1
    if texts <= MOST_TEXTS:
        return weights
    return weights.take(np.sort(np.random.default_rng(seed).choice(texts, MOST_TEXTS, replace=False)))


def _counted(lists: Iterable[Sequence[str]], height: int) -> Counted:
    """Count the terms of each of `height` texts."""
    text, term, terms = numbered(lists)
    return Counted(terms, csr_array((np.ones(len(text), np.float32), (text, term)), shape=(height, len(terms))))


def _alphabetical(vectors: csr_array, terms: Sequence[str]) -> CSR:
    """Return vectors with their columns in alphabetical order.

    The seed draws a direction for each column: no term may get another one because the texts come in another order.
    """
    place = np.empty(len(terms), np.int32)
    place[sorted(range(len(terms)), key=terms.__getitem__)] = np.arange(len(terms), dtype=np.int32)
    return CSR(vectors.indptr.astype(np.int64), place[vectors.indices], vectors.data)
