"""The likeliest and the best candidates of queries, query by query; the twin is `candidates_numpy`."""

import numpy as np

from aisle.kernels.compiling import (
    DoubleRows,
    Doubles,
    FilledFlags,
    FilledFloatRows,
    FilledIntRows,
    Flags,
    FloatRows,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)


def likeliest(indptr: Longs, ranks: FloatRows, misses: DoubleRows, most: int) -> Flags:
    """Return which candidates are among the `most` likeliest of their query, as `candidates_numpy.likeliest` does."""
    kept = np.empty(len(ranks), np.bool_)
    _likeliest(indptr, ranks, misses, most, kept)
    return kept


def best(indptr: Longs, items: Ints, scores: Doubles, n: int) -> tuple[Ints, Floats]:
    """Return the n best candidates of each query, as `candidates_numpy.best` does."""
    best_items = np.full((len(indptr) - 1, n), -1, np.int32)
    best_scores = np.full((len(indptr) - 1, n), np.nan, np.float32)
    _best(indptr, items, scores, best_items, best_scores)
    return best_items, best_scores


@inlined
def _fill_losses(ranks: FloatRows, misses: DoubleRows, losses: Doubles) -> None:
    """Fill in the negative chance of each candidate."""
    losses[:] = 1
    # Source by source, so that the factors of each candidate are multiplied in the twin's order.
    for source in range(ranks.shape[1]):
        for at in range(len(losses)):
            rank = ranks[at, source]
            losses[at] *= misses[source, np.int32(rank)] if rank > 0 else 1.0
    for at in range(len(losses)):
        losses[at] = -(1 - losses[at])


@kernel
def _likeliest(indptr: Longs, ranks: FloatRows, misses: DoubleRows, most: int, kept: FilledFlags) -> None:
    losses = np.empty(int(np.diff(indptr).max()) if len(indptr) > 1 else 0)
    for query in range(len(indptr) - 1):
        start, stop = indptr[query], indptr[query + 1]
        if stop - start <= most:
            kept[start:stop] = True
            continue
        of_query = losses[: stop - start]
        _fill_losses(ranks[start:stop], misses, of_query)
        last = np.partition(of_query, most - 1)[most - 1]
        ties = most
        for loss in of_query:
            ties -= loss < last
        for at in range(len(of_query)):
            tie = of_query[at] == last and ties > 0
            ties -= tie
            kept[start + at] = of_query[at] < last or tie


@kernel
def _best(indptr: Longs, items: Ints, scores: Doubles, best_items: FilledIntRows, best_scores: FilledFloatRows) -> None:
    for query in range(len(best_items)):
        start, stop = indptr[query], indptr[query + 1]
        order = np.argsort(-scores[start:stop], kind="mergesort")[: best_items.shape[1]]
        for place in range(len(order)):
            best_items[query, place] = items[start + order[place]]
            best_scores[query, place] = scores[start + order[place]]
