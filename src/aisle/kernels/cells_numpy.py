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

FIRST: Final = 48
"""Of so many factors of a vector, 16 are among its first: about a third, in numbers that vector instructions like."""
_BLOCK: Final = 4096


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


class Bearings(NamedTuple):
    """How far each vector goes along the mean of its cell, and how far away from it.

    By the inequality of Cauchy and Schwarz, the product of two vectors is at most that of what goes along a direction,
    and that of what goes across: most items of a cell are told to be far from the best without reading them, and half
    of the others by their first factors. Arrays are in the order of the items of all cells, and of the longest.
    """

    along: Floats
    """(items,)."""
    across: Floats
    """(items,)."""
    rests: Floats
    """The length of what follows the first factors of a vector, (items,)."""
    longest: Ints
    """The cell that each of the longest has its bearings from."""
    lengths: Floats
    """The lengths of the means of the cells, (cells,)."""


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


def bearings(vectors: Floats, cells: Cells) -> Bearings:
    """Return the bearings of vectors (items, factors) from the means of their cells."""
    lengths = np.linalg.norm(cells.means, axis=1).astype(np.float32)
    directions = cells.means / np.maximum(lengths, np.finfo(np.float32).tiny)[:, None]
    counts = np.diff(cells.indptr)
    longest = (vectors[cells.longest] @ directions.T).argmax(axis=1) if len(counts) else np.zeros(0, np.int64)
    cell = np.concatenate((np.repeat(np.arange(len(counts)), counts), longest))
    items = np.concatenate((cells.items, cells.longest))
    along, across, rests = np.empty((3, len(items)), np.float32)
    for start in range(0, len(items), _BLOCK):
        block = slice(start, start + _BLOCK)
        exact, direction = vectors[items[block]].astype(np.float64), directions[cell[block]]
        along[block] = np.einsum("vf,vf->v", exact, direction)
        across[block] = np.linalg.norm(exact - along[block, None] * direction, axis=1)
        rests[block] = np.linalg.norm(exact[:, exact.shape[1] // FIRST * 16 :], axis=1)
    return Bearings(along, across, rests, longest.astype(np.int32), lengths)


def pair_products(queries: Floats, vectors: Floats, query: NDArray[np.int64], item: Ints) -> Floats:
    """Return the inner product of each pair of query and item, (pairs,)."""
    products: Floats = np.einsum("pf,pf->p", queries[query], vectors[item])
    return products
