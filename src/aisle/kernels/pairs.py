"""Products of pairs of vectors, pairs in parallel; the twin is in `cells_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import FilledFloats, FloatRows, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.threads import blocks, share_out_rows

PAIRS: Final = 4096
"""A thread multiplies this many pairs at a time."""


def pair_products(queries: Floats, vectors: Floats, query: Longs, item: Ints) -> Floats:
    """Return the inner product of each pair of query and item, as `cells_numpy.pair_products` does."""
    products = np.empty(len(query), np.float32)
    query, item = np.ascontiguousarray(query), np.ascontiguousarray(item)

    def multiply(start: int, stop: int) -> None:
        _multiply(queries, vectors, query[start:stop], item[start:stop], products[start:stop])

    share_out_rows(multiply, blocks(len(query), PAIRS))
    return products


@inlined
def _product(query: Floats, vector: Floats) -> np.float32:
    total = np.float32(0)
    for factor in range(len(query)):
        total += query[factor] * vector[factor]
    return total


@kernel
def _multiply(queries: FloatRows, vectors: FloatRows, query: Longs, item: Ints, products: FilledFloats) -> None:
    for pair in range(len(query)):
        products[pair] = _product(queries[query[pair]], vectors[item[pair]])
