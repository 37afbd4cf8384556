"""A forest of decision trees, walked in plain NumPy: what the kernel of `trees` computes.

A row x ends in one leaf of every tree, and the sum of their values is its score. At a node it goes left if
x[feature] ≤ threshold, otherwise right; where the feature is NaN, it goes where the node says.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Forest(NamedTuple):
    """Trees one after the other, by their nodes: a node, then its left side, then its right side.

    All arrays but `roots` have the shape (nodes,).
    """

    roots: NDArray[np.int32]
    """The first node of each tree, (trees,)."""
    feature: NDArray[np.int32]
    """The feature that a node looks at; -1 for a leaf."""
    threshold: NDArray[np.float32]
    """The largest value that goes left."""
    missing_left: NDArray[np.bool_]
    """Whether NaN goes left."""
    left: NDArray[np.int32]
    """The next node by number; for a leaf, the leaf itself."""
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    """The value of a leaf; 0 for other nodes."""


def scores(forest: Forest, rows: Floats) -> NDArray[np.float64]:
    """Return the sum of the leaves of each row, (rows,), for features (rows, features)."""
    at = np.tile(forest.roots, (len(rows), 1))
    # Features are looked up in one flat array, which takes half the time.
    place, features = np.arange(0, rows.size, rows.shape[1])[:, None], rows.ravel()
    while True:
        feature = forest.feature.take(at)
        if (feature < 0).all():
            return np.asarray(forest.value[at].sum(axis=1))
        # A leaf leads to itself whichever feature is looked up.
        value = features.take(place + np.maximum(feature, 0))
        goes_left = (value <= forest.threshold.take(at)) | (np.isnan(value) & forest.missing_left.take(at))
        at = np.where(goes_left, forest.left.take(at), forest.right.take(at))
