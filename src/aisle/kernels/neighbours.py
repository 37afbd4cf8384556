"""Weighted means over the nearest neighbours of many pairs, in parallel; definition and twin: `neighbours_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import FilledFloats, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.threads import even_blocks, share_out

_BLOCKS: Final = 32


def nearest_means(
    indptr: Longs, columns: Ints, similar: CSR, deviations: CSR, others: int, k: int, min_k: int
) -> Floats:
    """Return the weighted mean deviation of each pair (x, y) over the neighbours of x that have one for y, (pairs,).

    Parameters
    ----------
    indptr, columns
        The pairs, row by row: those of x have y = `columns[indptr[x]:indptr[x + 1]]`.
    similar
        The positive similarities of each x to its neighbours.
    deviations
        For each y, the rows with a deviation, and the deviations.
    others
        The number of rows that can be neighbours.
    k, min_k
        As in `neighbours_numpy`.
    """
    means = np.zeros(len(columns), np.float32)
    longest = int(deviations.counts.max(initial=0))

    def average(start: int, stop: int) -> None:
        _nearest_means(start, stop, indptr, columns, *similar, *deviations, others, longest, k, min_k, means)

    work = similar.indptr + np.concatenate(([0], np.cumsum(deviations.counts[columns])))[indptr]
    share_out(average, even_blocks(work, max(1, work[-1] / _BLOCKS)))
    return means


@inlined
def _least_of_nearest(similar: Floats, candidates: int, k: int, a: Floats, b: Floats) -> np.float32:
    """Return the k-th largest similarity, by quickselect without branches; a and b are working memory."""
    for place in range(candidates):
        a[place] = similar[place]
    size = candidates
    while True:
        pivot: np.float32 = max(min(a[0], a[size - 1]), min(max(a[0], a[size - 1]), a[size // 2]))
        more = less = 0
        for place in range(size):
            value = a[place]
            a[more] = value
            more += value > pivot
            b[less] = value
            less += value < pivot
        if more >= k:
            size = more
        elif size - less >= k:
            return pivot
        else:
            k -= size - less
            a, b = b, a
            size = less


@inlined
def _mean_of_nearest(similar: Floats, values: Floats, candidates: int, k: int, least: np.float32) -> np.float32:
    """Average the candidates above the least of the nearest, and the first of those equal to it, up to k in all."""
    weighted, total, above = np.float64(0), np.float64(0), 0
    for place in range(candidates):
        counted = np.float64(similar[place]) if similar[place] > least else 0.0
        weighted += counted * values[place]
        total += counted
        above += similar[place] > least
    place = 0
    while above < k:
        if similar[place] == least:
            weighted += np.float64(least) * values[place]
            total += least
            above += 1
        place += 1
    return np.float32(weighted / total)


@kernel
def _nearest_means(
    start: int,
    stop: int,
    pair_indptr: Longs,
    pair_columns: Ints,
    similar_indptr: Longs,
    similar_rows: Ints,
    similarities: Floats,
    deviation_indptr: Longs,
    deviation_rows: Ints,
    deviations: Floats,
    others: int,
    longest: int,
    k: int,
    min_k: int,
    means: FilledFloats,
) -> None:
    row_of_similarities = np.zeros(others, np.float32)
    similar = np.empty(longest, np.float32)
    values = np.empty(longest, np.float32)
    a, b = np.empty(longest, np.float32), np.empty(longest, np.float32)
    for x in range(start, stop):
        if pair_indptr[x] == pair_indptr[x + 1]:
            continue
        for place in range(similar_indptr[x], similar_indptr[x + 1]):
            row_of_similarities[similar_rows[place]] = similarities[place]
        for pair in range(pair_indptr[x], pair_indptr[x + 1]):
            y = pair_columns[pair]
            candidates = 0
            for place in range(deviation_indptr[y], deviation_indptr[y + 1]):
                similarity = row_of_similarities[deviation_rows[place]]
                # Written in any case, and written over unless it counts: a branch here is guessed wrong too often.
                similar[candidates] = similarity
                values[candidates] = deviations[place]
                candidates += similarity > 0
            near = min(candidates, k)
            if near > 0 and near >= min_k:
                least = _least_of_nearest(similar, candidates, near, a, b)
                means[pair] = _mean_of_nearest(similar, values, candidates, near, least)
        for place in range(similar_indptr[x], similar_indptr[x + 1]):
            row_of_similarities[similar_rows[place]] = 0
