"""A forest of decision trees, walked for many rows in parallel; the twin is `trees_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import Doubles, FilledDoubles, Flags, FloatRows, Floats, Ints, kernel
from aisle.kernels.threads import blocks, share_out
from aisle.kernels.trees_numpy import Forest

_ROWS: Final = 1024


def scores(forest: Forest, rows: Floats) -> Doubles:
    """Return the sum of the leaves of each row, as `trees_numpy.scores` does."""
    total = np.zeros(len(rows))

    def walk(start: int, stop: int) -> None:
        _walk(*forest, rows[start:stop], total[start:stop])

    share_out(walk, blocks(len(rows), _ROWS))
    return total


@kernel
def _walk(
    roots: Ints,
    feature: Ints,
    threshold: Floats,
    missing_left: Flags,
    left: Ints,
    right: Ints,
    value: Doubles,
    rows: FloatRows,
    total: FilledDoubles,
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
