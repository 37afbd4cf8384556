"""A forest of decision trees, for many rows in parallel; the twin is `trees_numpy`.

Walking down a tree is a chain of branches that no processor foresees. Small trees are answered without one: every split
of a tree is compared with many rows at a time, and one that sends a row right rules out the leaves on its left. The row
ends in the first leaf that is left (Lucchese et al., "QuickScorer", 2015).
"""

from typing import Annotated, Final, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from aisle.kernels.compiling import Doubles, FilledDoubles, Flags, FloatRows, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.threads import blocks, share_out_rows
from aisle.kernels.trees_numpy import Forest

_ROWS: Final = 1024
_TOGETHER: Final = 256
"""So many rows are compared with a split at a time."""
_MOST_LEAVES: Final = 32

_Masks = Annotated[NDArray[np.uint32], types.Array(types.uint32, 1, "C", readonly=True)]

# A number with one bit set, times this, has a different number in its five leading bits for each bit (de Bruijn).
_SEQUENCE: Final = np.uint32(0x077CB531)
_BIT_OF: Final = np.zeros(32, np.int64)
_BIT_OF[[(int(_SEQUENCE) << bit & 0xFFFFFFFF) >> 27 for bit in range(32)]] = np.arange(32)


class Splits(NamedTuple):
    """The splits of small trees, tree by tree."""

    starts: NDArray[np.int64]
    """The splits of tree t are starts[t] … starts[t + 1] - 1, (trees + 1,)."""
    feature: Ints
    threshold: Floats
    missing_left: Flags
    left_of: _Masks
    """The leaves that stay if a row goes right, as bits, (splits,)."""
    leaves: NDArray[np.int64]
    """The first leaf of each tree, (trees,)."""
    value: Doubles
    """(leaves,)."""


def splits(forest: Forest) -> Splits | Forest:
    """Return the splits of a forest, or the forest if a tree of it is too large for them."""
    is_leaf = forest.feature < 0
    leaves_before = np.append(0, np.cumsum(is_leaf))
    leaves = leaves_before[forest.roots]
    if np.diff(leaves, append=leaves_before[-1]).max(initial=0) > _MOST_LEAVES:
        return forest
    at = np.flatnonzero(~is_leaf)
    tree = np.searchsorted(forest.roots, at, "right") - 1
    # Nodes are in the order in which they are met from left to right, so that the left side of a node is a stretch.
    first, past = (leaves_before[side[at]] - leaves[tree] for side in (forest.left, forest.right))
    left_side = (np.int64(1) << past) - (np.int64(1) << first)
    return Splits(
        starts=np.searchsorted(at, np.append(forest.roots, len(is_leaf))),
        feature=forest.feature[at],
        threshold=forest.threshold[at],
        missing_left=forest.missing_left[at],
        left_of=(~left_side & 0xFFFFFFFF).astype(np.uint32),
        leaves=leaves,
        value=forest.value[is_leaf],
    )


def scores(forest: Splits | Forest, rows: Floats) -> Doubles:
    """Return the sum of the leaves of each row, as `trees_numpy.scores` does."""
    total = np.zeros(len(rows))

    def add(start: int, stop: int) -> None:
        if isinstance(forest, Splits):
            _add(*forest, _BIT_OF, rows[start:stop], total[start:stop])
        else:
            _walk(*forest, rows[start:stop], total[start:stop])

    share_out_rows(add, blocks(len(rows), _ROWS))
    return total


@inlined
def _rule_out(column: Floats, threshold: np.float32, missing_left: bool, mask: np.uint32, left: _Masks) -> None:
    """Apply the mask to the leaves of each row that goes right."""
    everything = np.uint32(0xFFFFFFFF)
    if missing_left:
        for row in range(len(column)):
            left[row] &= mask if column[row] > threshold else everything
    else:
        for row in range(len(column)):
            left[row] &= everything if column[row] <= threshold else mask


@kernel
def _add(
    starts: Longs,
    feature: Ints,
    threshold: Floats,
    missing_left: Flags,
    left_of: _Masks,
    leaves: Longs,
    value: Doubles,
    bit_of: Longs,
    rows: FloatRows,
    total: FilledDoubles,
) -> None:
    columns = np.empty((rows.shape[1], _TOGETHER), np.float32)
    left = np.empty(_TOGETHER, np.uint32)
    for start in range(0, len(rows), _TOGETHER):
        count = min(_TOGETHER, len(rows) - start)
        for row in range(count):
            for column in range(rows.shape[1]):
                columns[column, row] = rows[start + row, column]
        for tree in range(len(leaves)):
            left[:count] = np.uint32(0xFFFFFFFF)
            for at in range(starts[tree], starts[tree + 1]):
                _rule_out(columns[feature[at], :count], threshold[at], missing_left[at], left_of[at], left[:count])
            for row in range(count):
                lowest = left[row] & (~left[row] + np.uint32(1))
                bit = bit_of[np.uint32(lowest * _SEQUENCE) >> np.uint32(27)]
                total[start + row] += value[leaves[tree] + bit]


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
