"""From texts to vectors: the protocol, and the encoder that needs nothing but the texts themselves."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.sparse import dense_products, transposed

Floats = NDArray[np.float32]

MOST_TERMS: Final = 20_000
"""Only so many of the most frequent terms of a catalogue count."""


class Encoder(Protocol):
    """Whatever makes vectors of texts, such as a model of sentence embeddings."""

    def encode(self, sentences: list[str], /) -> Floats:
        """Return a vector of finite numbers for each text, (texts, any length); equal texts have equal ones."""
        ...


def words_of(text: str) -> list[str]:
    """Return the words of a text of any language that sets them apart, without regard to capitals."""
    return re.findall(r"\w+", text.casefold())


class TfidfEncoder:
    """Terms weighed by how rare they are, (1 + log count) (1 + log((1 + texts) / (1 + texts with it))), then LSA.

    Deerwester et al., "Indexing by Latent Semantic Analysis" (1990): the weights projected on the leading singular
    vectors of all texts together.

    Parameters
    ----------
    factors
        How many singular vectors at most.
    seed
        Of the search for them.
    terms
        What counts as the terms of a text.
    """

    def __init__(self, factors: int, seed: int, terms: Callable[[str], Sequence[str]] = words_of) -> None:
        self._factors = factors
        self._seed = seed
        self._terms = terms

    def encode(self, sentences: list[str], /) -> Floats:
        """Return vectors (texts, factors) of length 1 at most; 0 for a text without terms."""
        from aisle.kernels.subspace import leading_directions

        if not any(map(self._terms, sentences)):
            return np.zeros((len(sentences), 0), np.float32)
        weights, terms = self._weigh(sentences)
        return dense_products(
            weights, leading_directions(weights, transposed(weights, terms), self._factors, self._seed)
        )

    def _weigh(self, sentences: list[str]) -> tuple[CSR, int]:
        """Return the weights (texts, terms), rows of length 1, and how many terms there are."""
        # Only training needs it, and it takes a second to import.
        from sklearn.feature_extraction.text import TfidfVectorizer

        weighing = TfidfVectorizer(analyzer=self._terms, max_features=MOST_TERMS, sublinear_tf=True, dtype=np.float32)
        matrix = weighing.fit_transform(sentences)
        return CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data), matrix.shape[1]
