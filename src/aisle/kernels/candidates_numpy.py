"""The likeliest and the best candidates of queries, in plain NumPy: what the kernels of `candidates` compute.

The candidates of query q are at indptr[q] … indptr[q + 1] - 1.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


def likeliest(indptr: Longs, ranks: Floats, misses: Doubles, most: int) -> NDArray[np.bool_]:
    """Return which candidates are among the `most` likeliest of their query, of equal ones the first, (candidates,).

    Parameters
    ----------
    ranks
        The rank of each candidate in each source, NaN where it is not proposed, (candidates, sources).
    misses
        How likely a proposal is not wanted, by source and rank; 1 for rank 0, which is no proposal,
        (sources, ranks + 1).
    most
        At least 1.
    """
    lengths = np.diff(indptr)
    order = np.lexsort((-chances(ranks, misses), np.repeat(np.arange(len(lengths)), lengths)))
    kept = np.zeros(len(ranks), np.bool_)
    kept[order] = np.arange(len(order)) - np.repeat(indptr[:-1], lengths) < most
    return kept


def chances(ranks: Floats, misses: Doubles) -> Doubles:
    """Return how likely each candidate is wanted, (candidates,): unless each source is wrong."""
    missed = np.ones(len(ranks))
    place = np.nan_to_num(ranks, nan=0).astype(np.int32)
    for source, places in enumerate(place.T):
        missed *= misses[source][places]
    return 1 - missed


def best(indptr: Longs, items: Ints, scores: Doubles, n: int) -> tuple[Ints, Floats]:
    """Return the n candidates of each query with the highest scores, of equal ones the first, (queries, n).

    Parameters
    ----------
    items, scores
        The candidates and their scores, (candidates,).

    Returns
    -------
    Items, filled up with -1, and their scores, filled up with NaN.
    """
    query = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((-scores, query))
    place = np.arange(len(order)) - indptr[:-1][query]
    kept = place < n
    best_items = np.full((len(indptr) - 1, n), -1, np.int32)
    best_scores = np.full((len(indptr) - 1, n), np.nan, np.float32)
    best_items[query[kept], place[kept]] = items[order[kept]]
    best_scores[query[kept], place[kept]] = scores[order[kept]]
    return best_items, best_scores
