"""Items found by the cells that their vectors are in, in plain NumPy: what the kernels of `cells` compute.

Vectors that point the same way share a cell. For a query, the cells come in the order of their members' mean score, and
only the items of the first ones are scored (an inverted file: Sivic and Zisserman, "Video Google", 2003). The longest
vectors, which score high for many queries, are scored for all.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import topn_numpy

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


STEP: Final = 128
"""A product is measured against the best ones after each so many factors."""


class Cells(NamedTuple):
    """Which items are in which cell."""

    means: Floats
    """The mean vector of each cell, (cells, factors)."""
    indptr: NDArray[np.int64]
    """The items of cell c are `items[indptr[c]:indptr[c + 1]]`."""
    items: Ints
    """Every item but the longest ones, cell by cell."""
    longest: Ints
    """The items with the longest vectors, which are in no cell."""


def top_in_cells(queries: Floats, vectors: Floats, cells: Cells, scanned: int, n: int) -> tuple[Ints, Floats]:
    """Return of each query the n best items of those that are scored, as `topn_numpy.top_rows` does.

    Parameters
    ----------
    queries, vectors
        Query vectors (queries, factors) and item vectors (items, factors).
    cells
        The cells of the items.
    scanned
        Cells are scored until so many items are.
    n
        The number of items of each query.
    """
    items = np.full((len(queries), n), -1, np.int32)
    values = np.full((len(queries), n), np.nan, np.float32)
    for row, order in enumerate(ordered(queries, cells)):
        first = np.searchsorted(np.cumsum(np.diff(cells.indptr)[order]), scanned) + 1
        parts = [cells.items[cells.indptr[cell] : cells.indptr[cell + 1]] for cell in order[:first]]
        scored = np.sort(np.concatenate((cells.longest, *parts)))
        best, scores = topn_numpy.top(vectors[scored] @ queries[row], n)
        items[row, : len(best)], values[row, : len(best)] = scored[best], scores
    return items, values


def ordered(queries: Floats, cells: Cells) -> NDArray[np.int64]:
    """Return the cells of each query in the order of their mean scores, (queries, cells)."""
    return np.argsort(-(queries @ cells.means.T), axis=1, kind="stable")


def rests(vectors: Floats) -> Floats:
    """Return the length of what follows 0, `STEP`, 2 `STEP` … factors of each vector, (vectors, steps)."""
    starts = range(0, vectors.shape[1], STEP)
    blocks = [vectors[:, start : start + STEP] for start in starts]
    squares = np.stack([np.einsum("vf,vf->v", block, block, dtype=np.float64) for block in blocks], axis=1)
    lengths: Floats = np.sqrt(np.cumsum(squares[:, ::-1], axis=1)[:, ::-1]).astype(np.float32)
    return lengths


def pair_products(queries: Floats, vectors: Floats, query: NDArray[np.int64], item: Ints) -> Floats:
    """Return the inner product of each pair of query and item, (pairs,)."""
    products: Floats = np.einsum("pf,pf->p", queries[query], vectors[item])
    return products
