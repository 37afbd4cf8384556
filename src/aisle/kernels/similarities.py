"""Similarities of many rows over their common columns, in parallel; formulas and twin: `similarities_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.compiling import (
    Doubles,
    FilledFloatRows,
    FilledIntRows,
    FilledLongs,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.csr import CSR
from aisle.kernels.similarities_numpy import MSD, PEARSON, Measure
from aisle.kernels.threads import blocks, share_out

_BLOCK_BYTES: Final = 2**24
"""The maximum memory of one thread's unpacked rows."""
_LEAST_BLOCKS: Final = 16


def positive_similarities(
    rows: CSR, columns: CSR, others: int, measure: Measure, *, among_themselves: bool = False
) -> CSR:
    """Return the positive similarities of each row to the others, in the order of the others.

    Parameters
    ----------
    rows
        Values of each row by column.
    columns
        For each column, the other rows with a value there, and the values.
    others
        The number of other rows.
    measure
        The similarity.
    among_themselves
        Whether the other rows are the rows themselves; the similarity of each to itself is then 1.
    """
    count = len(rows.indptr) - 1
    step = max(1, min(_BLOCK_BYTES // (8 * max(1, others)), -(-count // _LEAST_BLOCKS)))

    def compare(start: int, stop: int) -> tuple[Longs, Ints, Floats]:
        sizes = np.zeros(stop - start, np.int64)
        indices = np.empty((stop - start, others), np.int32)
        values = np.empty((stop - start, others), np.float32)
        _compare(start, stop, *rows, *columns, *measure, among_themselves, sizes, indices, values)
        there = np.arange(others) < sizes[:, None]
        return sizes, indices[there], values[there]

    compared = share_out(compare, blocks(count, step))
    indptr = np.zeros(count + 1, np.int64)
    np.cumsum(np.concatenate([sizes for sizes, _, _ in compared] or [np.zeros(0, np.int64)]), out=indptr[1:])
    return CSR(
        indptr,
        np.concatenate([indices for _, indices, _ in compared] or [np.zeros(0, np.int32)]),
        np.concatenate([values for _, _, values in compared] or [np.zeros(0, np.float32)]),
    )


@inlined
def _similarity(sums: Doubles, formula: int, min_support: int, shrinkage: float) -> float:
    n, product, own_squared, other_squared, own, other = sums
    if n < min_support:
        return 0.0
    if formula == MSD:
        similar: float = 1 / (1 + max(own_squared - 2 * product + other_squared, 0.0) / n)
    elif formula == PEARSON:
        spread = max(n * own_squared - own * own, 0.0) * max(n * other_squared - other * other, 0.0)
        similar = (n * product - own * other) / np.sqrt(spread) if spread > 0 else 0.0
    else:
        spread = own_squared * other_squared
        similar = product / np.sqrt(spread) if spread > 0 else 0.0
    return similar * (n - 1) / (n - 1 + shrinkage) if shrinkage > 0 else similar


@kernel
def _compare(
    start: int,
    stop: int,
    row_indptr: Longs,
    row_columns: Ints,
    row_values: Floats,
    column_indptr: Longs,
    column_rows: Ints,
    column_values: Floats,
    formula: int,
    min_support: int,
    shrinkage: float,
    among_themselves: bool,
    sizes: FilledLongs,
    indices: FilledIntRows,
    values: FilledFloatRows,
) -> None:
    others = indices.shape[1]
    sums = np.zeros((others, 6), np.float64)
    for row in range(start, stop):
        sums[:] = 0
        for entry in range(row_indptr[row], row_indptr[row + 1]):
            own = np.float64(row_values[entry])
            column = row_columns[entry]
            for place in range(column_indptr[column], column_indptr[column + 1]):
                other, at = np.float64(column_values[place]), column_rows[place]
                sums[at, 0] += 1
                sums[at, 1] += own * other
                sums[at, 2] += own * own
                sums[at, 3] += other * other
                sums[at, 4] += own
                sums[at, 5] += other
        count = 0
        for at in range(others):
            if sums[at, 0] > 0:
                similar = np.float32(_similarity(sums[at], formula, min_support, shrinkage))
                if among_themselves and at == row:
                    similar = np.float32(1)
                if similar > 0:
                    indices[row - start, count] = at
                    values[row - start, count] = similar
                    count += 1
        sizes[row - start] = count
