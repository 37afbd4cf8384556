"""Similar items, by the cosine of their vectors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.cells_numpy import Bearings, Cells, bearings
from aisle.recommenders.cells import of_directions, top_in_cells
from aisle.recommenders.query import ItemLists, Ranked
from aisle.recommenders.topn import topn_vectors

Floats = NDArray[np.float32]


class Directions(NamedTuple):
    """Vectors whose inner products are cosines."""

    vectors: Floats
    """At length 1, NaN for a vector of length 0, (items, factors)."""
    cells: Cells | None
    """The index of a large catalogue."""
    bearings: Bearings | None = None
    """The bearings of the vectors in it."""


def directions(unit_vectors: Floats, cells: Cells | None = None) -> Directions:
    """Return vectors of length 1 (items, factors) with their index, given that of the vectors that they come from."""
    if cells is None:
        return Directions(unit_vectors, None)
    cells = of_directions(cells, unit_vectors)
    return Directions(unit_vectors, cells, bearings(unit_vectors, cells))


def similar(directions: Directions, items: NDArray[np.int32], n: int) -> Ranked:
    """Return the n most similar items of each given item, without itself.

    Parameters
    ----------
    directions
        Those of all items of a model.
    items
        Item numbers, (queries,).
    n
        At least 1.

    Returns
    -------
    Ranked
        Scores are cosines; an item whose vector has length 0 is never returned.
    """
    queries = directions.vectors[items]
    if directions.cells is None:
        return topn_vectors(queries, directions.vectors, n, ItemLists(np.arange(len(items) + 1), items))
    ranked = top_in_cells(queries, directions.vectors, directions.cells, n + 1, directions.bearings)
    left_out = ranked.items == items[:, None]
    left_out[~left_out.any(axis=1), n] = True
    return Ranked(ranked.items[~left_out].reshape(-1, n), ranked.scores[~left_out].reshape(-1, n))


def at_length_one(vectors: Floats) -> Floats:
    """Return vectors (items, factors) at length 1; those of length 0 are NaN."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit_vectors: Floats = np.divide(vectors, lengths, out=np.full_like(vectors, np.nan), where=lengths > 0)
    return unit_vectors
