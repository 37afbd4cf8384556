"""The gradient of LambdaMART; twin of `lambdas`.

For each two candidates of a query of which a has the larger gain, with scores s, discounts d = 1 / log2(1 + rank) (0
after the last rank that counts), and Δ = (gain_a - gain_b) · |d_a - d_b| / ideal DCG / (0.01 + |s_a - s_b|): with
p = 1 / (1 + exp(s_a - s_b)), a is pushed up and b down by p · Δ, and the curvature of both grows by p · (1 - p) · Δ
(Burges, 2010). The division by the distance, and that of a query's sums S by S / log2(1 + S), where S is the sum of
all pushes, keep queries with many wanted candidates from outweighing others, as LightGBM does.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

NEAREST: Final = 0.01
"""Two scores count as no closer than this."""


class Shelves(NamedTuple):
    """The candidates of queries, those with the largest gains first in each."""

    gains: Doubles
    """(candidates,)."""
    indptr: NDArray[np.int64]
    """The candidates of query q are `indptr[q]` … `indptr[q + 1] - 1`."""
    ideal: Doubles
    """The best DCG of each query, 1 for one without a gain, (queries,)."""

    @classmethod
    def of(cls, gains: Doubles, indptr: NDArray[np.int64], last: int) -> "Shelves":
        """Sum up the best DCG of each query over the ranks up to `last`."""
        query = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        place = np.arange(len(gains)) - indptr[query]
        discounted = np.where(place < last, gains / np.log2(2 + place), 0)
        ideal = np.bincount(query, discounted, minlength=len(indptr) - 1).astype(np.float64)
        return cls(gains, indptr, np.where(ideal > 0, ideal, 1))


def gradients(shelves: Shelves, scores: Doubles, last: int) -> tuple[Doubles, Doubles]:
    """Return gradient and curvature of the loss by each score, both (candidates,).

    Parameters
    ----------
    scores
        Of each candidate, (candidates,).
    last
        The last rank that counts.
    """
    gradient, curvature = np.zeros((2, len(scores)))
    for query, best in enumerate(shelves.ideal):
        here = slice(shelves.indptr[query], shelves.indptr[query + 1])
        score, gain = scores[here], shelves.gains[here]
        rank = np.empty(len(score), np.int64)
        rank[np.argsort(-score, kind="stable")] = np.arange(len(score))
        discount = np.where(rank < last, 1 / np.log2(2 + rank), 0)
        ahead = np.maximum(gain[:, None] - gain, 0)
        distance = score[:, None] - score
        change = ahead * np.abs(discount[:, None] - discount) / best / (NEAREST + np.abs(distance))
        p = 1 / (1 + np.exp(distance))
        push, bend = p * change, p * (1 - p) * change
        total = 2 * push.sum()
        share = np.log2(1 + total) / total if total > 0 else 1.0
        gradient[here] = (push.sum(axis=0) - push.sum(axis=1)) * share
        curvature[here] = (bend.sum(axis=0) + bend.sum(axis=1)) * share
    return gradient, curvature
