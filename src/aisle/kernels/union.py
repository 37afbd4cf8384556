"""The union of what several sources propose, in one pass over each query's proposals; the twin is `union_numpy`."""

import numpy as np

from aisle.kernels import scratch
from aisle.kernels.compiling import FilledFloatRows, FilledInts, FilledLongs, IntRows, Ints, Longs, inlined, kernel
from aisle.kernels.union_numpy import Union


def union(proposals: IntRows, widths: Longs, quotas: Longs, excluded_indptr: Longs, excluded: Ints) -> Union:
    """Return the union of the proposals of each query, as `union_numpy.union` does."""
    members, lengths = np.empty(proposals.size, np.int32), np.empty(len(proposals), np.int64)
    ranks = np.full((proposals.size, len(widths)), np.nan, np.float32)
    marks = scratch.zeros(1 + int(proposals.max(initial=0)), np.int32)
    _unite(proposals, widths, quotas, excluded_indptr, excluded, marks, lengths, members, ranks)
    indptr = np.zeros(len(proposals) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return Union(indptr, members[: indptr[-1]], ranks[: indptr[-1]])


@inlined
def _mark(marks: Ints, items: Ints, mark: int) -> None:
    for item in items:
        if 0 <= item < len(marks):
            marks[item] = mark


@inlined
def _count(row: Ints, widths: Longs, quotas: Longs, marks: Ints, rank: Ints) -> None:
    """Fill in the rank of each proposal in its source, 0 for what is excluded or beyond the quota."""
    start = 0
    for source in range(len(widths)):
        taken = 0
        for at in range(start, start + widths[source]):
            proposed = row[at] >= 0 and marks[row[at]] == 0 and taken < quotas[source]
            taken += proposed
            rank[at] = taken if proposed else 0
        start += widths[source]


@inlined
def _collect(row: Ints, rank: Ints, marks: Ints, members: Ints) -> int:
    """Fill in the items that have a rank, each once and marked by 1, and return their number."""
    count = 0
    for at in range(len(row)):
        if rank[at] > 0 and marks[row[at]] == 0:
            marks[row[at]] = 1
            members[count] = row[at]
            count += 1
    return count


@kernel
def _unite(
    proposals: IntRows,
    widths: Longs,
    quotas: Longs,
    excluded_indptr: Longs,
    excluded: Ints,
    marks: FilledInts,
    lengths: FilledLongs,
    members: FilledInts,
    ranks: FilledFloatRows,
) -> None:
    """Unite the proposals of each query; the marks of all items are 0 before and after."""
    rank = np.empty(proposals.shape[1], np.int32)
    first = 0
    for query in range(len(proposals)):
        row = proposals[query]
        unwanted = excluded[excluded_indptr[query] : excluded_indptr[query + 1]]
        _mark(marks, unwanted, -1)
        _count(row, widths, quotas, marks, rank)
        _mark(marks, unwanted, 0)
        count = _collect(row, rank, marks, members[first:])
        of_query = members[first : first + count]
        of_query.sort()
        for at in range(count):
            marks[of_query[at]] = at
        source, end = 0, widths[0]
        for at in range(len(row)):
            while at == end:
                source += 1
                end += widths[source]
            if rank[at] > 0:
                ranks[first + marks[row[at]], source] = rank[at]
        _mark(marks, of_query, 0)
        lengths[query] = count
        first += count
