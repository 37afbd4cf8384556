"""The weighted mean over the k most similar neighbours, in plain NumPy: what the kernel of `neighbours` computes.

    Σ_{x' ∈ N} s(x, x') d(x', y) / Σ_{x' ∈ N} s(x, x')

where N are the k neighbours with the largest positive similarities s among those with a deviation d for y; of equally
similar ones, those that come first. With fewer than `min_k` neighbours the mean is 0.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def nearest_means(
    group: NDArray[np.integer], similar: Floats, values: Floats, groups: int, k: int, min_k: int
) -> Floats:
    """Return the weighted mean of each group of candidates, (groups,).

    Parameters
    ----------
    group
        The group of each candidate, (candidates,).
    similar
        The similarity of each candidate; those not above 0 never count, (candidates,).
    values
        The deviation of each candidate, (candidates,).
    groups
        The number of groups.
    k, min_k
        The number of candidates of a group that count, at most and at least.
    """
    counted = similar > 0
    group, similar, values = group[counted], similar[counted], values[counted]
    order = np.lexsort((-similar, group))
    group, similar, values = group[order], similar[order], values[order]
    sizes = np.bincount(group, minlength=groups)
    rank = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    near = rank < k
    total = np.bincount(group[near], similar[near], minlength=groups)
    weighted = np.bincount(group[near], similar[near].astype(np.float64) * values[near], minlength=groups)
    enough = np.minimum(sizes, k) >= max(min_k, 1)
    return np.divide(weighted, total, out=np.zeros(groups), where=enough).astype(np.float32)
