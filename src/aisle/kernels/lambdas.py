"""The gradient of LambdaMART, query by query; formulas and twin: `lambdas_numpy`."""

import numpy as np

from aisle.kernels.compiling import Doubles, FilledDoubles, Longs, kernel
from aisle.kernels.lambdas_numpy import NEAREST, Shelves


def gradients(shelves: Shelves, scores: Doubles, last: int) -> tuple[Doubles, Doubles]:
    """Return gradient and curvature of the loss by each score, as `lambdas_numpy.gradients` does."""
    gradient, curvature = np.zeros((2, len(scores)))
    _add(*shelves, scores, last, gradient, curvature)
    return gradient, curvature


@kernel
def _add(
    gains: Doubles,
    indptr: Longs,
    ideal: Doubles,
    scores: Doubles,
    last: int,
    gradient: FilledDoubles,
    curvature: FilledDoubles,
) -> None:
    longest = np.diff(indptr).max() if len(indptr) > 1 else 0
    discounts = 1 / np.log2(2 + np.arange(longest))
    discounts[last:] = 0
    exponents, discount = np.empty(longest), np.empty(longest)
    for query in range(len(ideal)):
        start, size = indptr[query], indptr[query + 1] - indptr[query]
        score, gain = scores[start : start + size], gains[start : start + size]
        push, bend = gradient[start : start + size], curvature[start : start + size]
        best = score.max() if size > 0 else 0.0
        for i in range(size):
            # Counting who is ahead is faster than sorting so few.
            rank = 0
            for j in range(i):
                rank += score[j] >= score[i]
            for j in range(i + 1, size):
                rank += score[j] > score[i]
            discount[i] = discounts[rank]
            # 1 / (1 + exp(s_a - s_b)) is e_b / (e_a + e_b): one exponent per candidate instead of one per pair.
            exponents[i] = np.exp(max(score[i] - best, -300.0))
        total, behind = 0.0, 0
        for a in range(size):
            while behind < size and gain[behind] == gain[a]:
                behind += 1
            pushed, bent = 0.0, 0.0
            for b in range(behind, size):
                distance = NEAREST + abs(score[a] - score[b])
                # One division instead of two: it is the slowest of these instructions.
                share = 1 / ((exponents[a] + exponents[b]) * distance)
                up = exponents[b] * share * (gain[a] - gain[b]) * abs(discount[a] - discount[b])
                curve = exponents[a] * share * distance * up
                push[b] += up
                bend[b] += curve
                pushed += up
                bent += curve
            push[a] -= pushed
            bend[a] += bent
            total += 2 * pushed
        total /= ideal[query]
        scale = (np.log2(1 + total) / total if total > 0 else 1.0) / ideal[query]
        for i in range(size):
            push[i] *= scale
            bend[i] *= scale
