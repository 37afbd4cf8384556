"""The weighted mean over the k most similar neighbours, in plain NumPy: what the kernel of `neighbours` computes.

    Σ_{x' ∈ N} s(x, x') d(x', y) / Σ_{x' ∈ N} s(x, x')

where N are the k neighbours with the largest positive similarities s among those with a value d for y; of equally
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
        Which group each candidate belongs to, (candidates,).
    similar
        How similar each candidate is; those not above 0 never count, (candidates,).
    values
        What each candidate says, (candidates,).
    groups
        How many groups there are.
    k, min_k
        How many candidates of a group count at most, and at least.
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
