"""Items that are like an item."""

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import ItemLists, Ranked
from aisle.recommenders.topn import topn_vectors

Floats = NDArray[np.float32]


def directions(vectors: Floats) -> Floats:
    """Return vectors (items, factors) at length 1, so that inner products are cosines; NaN for one without length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    ones: Floats = np.divide(vectors, lengths, out=np.full_like(vectors, np.nan), where=lengths > 0)
    return ones


def similar(directions: Floats, items: NDArray[np.int32], n: int) -> Ranked:
    """Return the n most similar items of each of the given ones, by the cosine of their vectors, without themselves.

    Parameters
    ----------
    directions
        Of all items of a model, as the function of that name gives them.
    items
        The numbers of the items asked about, (queries,).
    n
        How many, at least 1.

    Returns
    -------
    Ranked
        Scores are cosines; an item whose vector is 0 is like nothing, and is never returned.
    """
    themselves = ItemLists(np.arange(len(items) + 1), items)
    return topn_vectors(directions[items], directions, n, themselves)
