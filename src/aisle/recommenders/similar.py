"""Similar items, by the cosine of their vectors."""

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, Ranked
from aisle.recommenders.topn import topn_vectors

Floats = NDArray[np.float32]


def directions(vectors: Floats) -> Floats:
    """Return vectors (items, factors) at length 1, so that inner products are cosines; NaN for a vector of length 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit_vectors: Floats = np.divide(vectors, lengths, out=np.full_like(vectors, np.nan), where=lengths > 0)
    return unit_vectors


def similar(directions: Floats, items: NDArray[np.int32], n: int) -> Ranked:
    """Return the n most similar items of each given item, without itself.

    Parameters
    ----------
    directions
        Those of all items of a model, as the function `directions` returns them.
    items
        Item numbers, (queries,).
    n
        At least 1.

    Returns
    -------
    Ranked
        Scores are cosines; an item whose vector has length 0 is never returned.
    """
    themselves = ItemLists(np.arange(len(items) + 1), items)
    return topn_vectors(directions[items], directions, n, themselves)
