"""An index of item vectors, for catalogues too large to score every item for every query: see `kernels.cells_numpy`.

Training and requests look items up in the same way, so that the ranker learns from the candidates that it will see.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels import cells_numpy
from aisle.kernels.cells_numpy import Bearings, Cells
from aisle.recommenders.query import Ranked
from aisle.recommenders.topn import compiled

Floats = NDArray[np.float32]

EXACT_ITEMS: Final = 10_000
"""In a catalogue of so many items, all of them are scored."""

WHOLE_ITEMS: Final = 5_000
"""Of up to so many items, what each says of every other is one matrix, of at most 100 MB."""

SCANNED: Final = 3000
"""So many items of a larger catalogue are scored for a query, beside the longest."""

_LONGEST: Final = 1000
_SAMPLE: Final = 50_000
_ROUNDS: Final = 6
_BLOCK: Final = 4096


def index(vectors: Floats, seed: int) -> Cells | None:
    """Return the cells of item vectors (items, factors), by spherical k-means; None for a catalogue that needs none."""
    if len(vectors) <= EXACT_ITEMS:
        return None
    lengths = np.linalg.norm(vectors, axis=1)
    by_length = np.argsort(-lengths, kind="stable").astype(np.int32)
    longest, others = by_length[:_LONGEST], np.sort(by_length[_LONGEST:])
    cell = _assigned(vectors, others, _centres(vectors, others, round(len(others) ** 0.5), seed))
    order = np.argsort(cell, kind="stable")
    sizes = np.unique(cell, return_counts=True)[1]
    items, indptr = others[order], np.append(0, np.cumsum(sizes)).astype(np.int64)
    bounds = zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True)
    means = np.stack([vectors[items[start:stop]].mean(axis=0) for start, stop in bounds])
    return Cells(means.astype(np.float32), indptr, items, longest)


def of_directions(cells: Cells, directions: Floats) -> Cells:
    """Return the index of the directions of indexed vectors: none is longer than others, so that all are in cells.

    Parameters
    ----------
    directions
        The vectors (items, factors) at length 1.
    """
    means = _directions(cells.means)
    cell = np.repeat(np.arange(len(means)), np.diff(cells.indptr))
    items = np.concatenate((cells.items, cells.longest))
    cell = np.concatenate((cell, _assigned(directions, cells.longest, means)))
    order = np.argsort(cell, kind="stable")
    indptr = np.append(0, np.cumsum(np.bincount(cell, minlength=len(means))))
    return Cells(means, indptr, items[order], cells.longest[:0])


def top_in_cells(queries: Floats, vectors: Floats, cells: Cells, n: int, bearings: Bearings | None = None) -> Ranked:
    """Return the n best items of each query, of those that are scored; their `bearings` only save time."""
    if not compiled(len(queries)):
        return Ranked(*cells_numpy.top_in_cells(queries, vectors, cells, SCANNED, n))
    from aisle.kernels.topn import top_in_cells

    return Ranked(*top_in_cells(queries, vectors, cells, SCANNED, n, bearings))


def pair_products(queries: Floats, vectors: Floats, query: NDArray[np.int64], item: NDArray[np.int32]) -> Floats:
    """Return the inner product of each pair of query and item, (pairs,)."""
    if not compiled(len(queries)):
        return cells_numpy.pair_products(queries, vectors, query, item)
    from aisle.kernels.pairs import pair_products

    return pair_products(queries, vectors, query, item)


def _centres(vectors: Floats, items: NDArray[np.int32], count: int, seed: int) -> Floats:
    """Return the directions of the centres, (cells, factors), learnt from a sample of the items."""
    draw = np.random.default_rng(seed)
    sample = np.sort(draw.permutation(items)[:_SAMPLE])
    centres: Floats = vectors[draw.permutation(sample)[:count]].copy()
    for _ in range(_ROUNDS):
        cell = _assigned(vectors, sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, cell, _directions(vectors[sample]))
        used = np.flatnonzero(np.bincount(cell, minlength=count))
        centres[used] = sums[used]
    return centres


def _assigned(vectors: Floats, items: NDArray[np.int32], centres: Floats) -> NDArray[np.intp]:
    """Return the cell of each item: that of the centre with the most similar direction."""
    directions = _directions(centres).T
    blocks = range(0, len(items), _BLOCK)
    cells = [(vectors[items[start : start + _BLOCK]] @ directions).argmax(axis=1) for start in blocks]
    return np.asarray(np.concatenate(cells))


def _directions(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12)), np.float32)
