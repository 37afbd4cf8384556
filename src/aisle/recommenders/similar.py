"""Items that are like an item."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.abilities import HasItemVectors
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, Ranked
from aisle.recommenders.topn import topn_vectors
from aisle.shop.errors import SettingsError


def similar(model: Recommender[Any], items: NDArray[np.int32], n: int) -> Ranked:
    """Return the n most similar items of each of the given ones, by the cosine of their vectors, without themselves.

    Parameters
    ----------
    model
        A fitted model with item vectors.
    items
        The model's numbers of the items asked about, (queries,).
    n
        How many, at least 1.

    Returns
    -------
    Ranked
        Scores are cosines; an item whose vector is 0 is like nothing, and is never returned.

    Raises
    ------
    SettingsError
        If the model has no item vectors.
    """
    if not isinstance(model, HasItemVectors):
        raise SettingsError(f"model {model.name!r} cannot compare items; train one that can, such as als")
    lengths = np.linalg.norm(model.item_vectors, axis=1, keepdims=True)
    vectors = np.divide(model.item_vectors, lengths, out=np.full_like(model.item_vectors, np.nan), where=lengths > 0)
    themselves = ItemLists(np.arange(len(items) + 1), items)
    return topn_vectors(vectors[items], vectors, n, themselves)
