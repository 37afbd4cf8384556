"""A forest of decision trees, walked for many rows in parallel; the twin is `trees_numpy`."""

from typing import Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from aisle.kernels.compiling import filled, given, kernel
from aisle.kernels.threads import blocks, share_out
from aisle.kernels.trees_numpy import Floats, Forest

_ROWS: Final = 1024

Ints = NDArray[np.int32]


def scores(forest: Forest, rows: Floats) -> NDArray[np.float64]:
    """Return the sum of the leaves of each row, as `trees_numpy.scores` does."""
    total = np.zeros(len(rows))

    def walk(start: int, stop: int) -> None:
        _walk(*forest, rows[start:stop], total[start:stop])

    share_out(walk, blocks(len(rows), _ROWS))
    return total


@kernel(
    given(types.int32, 1),
    given(types.int32, 1),
    given(types.float32, 1),
    given(types.boolean, 1),
    given(types.int32, 1),
    given(types.int32, 1),
    given(types.float64, 1),
    given(types.float32, 2),
    filled(types.float64, 1),
)
def _walk(
    roots: Ints,
    feature: Ints,
    threshold: Floats,
    missing_left: NDArray[np.bool_],
    left: Ints,
    right: Ints,
    value: NDArray[np.float64],
    rows: Floats,
    total: NDArray[np.float64],
) -> None:
    # Tree by tree, so that a tree's nodes stay in the cache while all rows pass through it.
    for root in roots:
        for row in range(len(rows)):
            at = root
            while feature[at] >= 0:
                x = rows[row, feature[at]]
                goes_left = missing_left[at] if np.isnan(x) else x <= threshold[at]
                at = left[at] if goes_left else right[at]
            total[row] += value[at]
