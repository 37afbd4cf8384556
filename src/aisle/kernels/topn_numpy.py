"""The best n of dense scores in plain NumPy: what the kernels of `topn` compute, for a few queries at a time."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def top(scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the n best items of one query, best first, with their scores; equal scores rank by item number.

    Parameters
    ----------
    scores
        One score per item, (items,); NaN never ranks.
    """
    rankable = np.flatnonzero(~np.isnan(scores))
    if n < len(rankable):
        losses = -scores[rankable]
        rankable = rankable[losses <= np.partition(losses, n - 1)[n - 1]] if n else rankable[:0]
    best = rankable[np.argsort(-scores[rankable], kind="stable")[:n]]
    return best.astype(np.int32), scores[best]


def top_rows(scores: Floats, n: int, excluded_indptr: NDArray[np.int64], excluded: Ints) -> tuple[Ints, Floats]:
    """Return the n best items of each row, (rows, n), filled up with item -1 and score NaN.

    Parameters
    ----------
    scores
        One row per query, (rows, items).
    n
        The number of items of each row.
    excluded_indptr, excluded
        The items that row q must not return: `excluded[excluded_indptr[q]:excluded_indptr[q + 1]]`; numbers that no
        item has are ignored.
    """
    items = np.full((len(scores), n), -1, np.int32)
    values = np.full((len(scores), n), np.nan, np.float32)
    for row, of_row in enumerate(scores):
        allowed = of_row.astype(np.float32)
        unwanted = excluded[excluded_indptr[row] : excluded_indptr[row + 1]]
        allowed[unwanted[(unwanted >= 0) & (unwanted < len(allowed))]] = np.nan
        best, best_scores = top(allowed, n)
        items[row, : len(best)] = best
        values[row, : len(best)] = best_scores
    return items, values


def top_positive(scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the n best items of each row whose scores are above 0, as `top_rows` does.

    Parameters
    ----------
    scores
        One row per query, (rows, items); NaN never ranks.
    """
    positive = np.where(scores > 0, scores, np.float32(np.nan))
    return top_rows(positive, n, np.zeros(len(scores) + 1, np.int64), np.zeros(0, np.int32))


def top_among(among: Ints, scores: Floats, n: int) -> tuple[Ints, Floats]:
    """Return the n best of some items of a single query whose scores are above 0, as `top_rows` does.

    Parameters
    ----------
    among, scores
        Different items in any order, and their scores, (reached,); NaN never ranks.
    """
    order = np.argsort(among)
    places, best = top_positive(scores[order][None], n)
    return np.where(places >= 0, np.append(among[order], -1)[places], -1).astype(np.int32), best
