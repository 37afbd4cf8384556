"""Products of sparse matrices, rows in parallel, and the k best of each row; the twin is `products_numpy`.

A product of two sparse matrices can be a thousand times their size, and is never held in memory: a thread adds up one
row in an array that fits its cache, keeps the best, and goes on to the next row. Results are the same for any number of
threads.
"""

from typing import Annotated, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from aisle.kernels import scratch
from aisle.kernels.compiling import (
    FilledFloatRows,
    FilledFloats,
    FilledInts,
    FilledLongs,
    FloatRows,
    Floats,
    Ints,
    Longs,
    inlined,
    kernel,
)
from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator, row_sums
from aisle.kernels.threads import even_blocks, share_out, share_out_rows

FilledMarks = Annotated[NDArray[np.uint8], types.Array(types.uint8, 1, "C")]

_BLOCK_COST: Final = 400_000
_ROW_COST: Final = 64

_FRACTION: Final = np.uint32(18)
"""The bits that the buckets of `_floor` ignore: the values of a bucket differ by 3 % at most."""
_BUCKETS: Final = 2 ** (32 - 18)
_LOW: Final = np.uint64(2**32 - 1)


def top_products(left: CSR, right: CSR, denominator: Denominator, k: int) -> CSR:
    """Return the k largest similarities of each row of left·right, as `products_numpy.top_products` does."""
    work = _work(left, right)
    starts = np.append(0, np.cumsum(np.minimum(np.diff(work), min(k, len(denominator.right)))))
    indices = np.full(starts[-1], -1, np.int32)
    values = np.empty(starts[-1], np.float32)

    def multiply(start: int, stop: int) -> None:
        _top_products(
            start,
            stop,
            *left,
            *right,
            denominator.left,
            denominator.right,
            np.float32(denominator.shrinkage),
            denominator.union,
            starts,
            indices,
            values,
        )

    share_out(multiply, _blocks(work))
    taken = indices >= 0
    if taken.all():
        return CSR(starts, indices, values)
    return CSR(np.append(0, np.cumsum(taken))[starts], indices[taken], values[taken])


def products(left: CSR, right: CSR, columns: int) -> Floats:
    """Return left·right as a dense matrix (rows, columns)."""
    dense = np.empty((len(left.indptr) - 1, columns), np.float32)

    def multiply(start: int, stop: int) -> None:
        _products(start, stop, *left, *right, dense)

    # A single row is not worth counting its work.
    share_out_rows(multiply, _blocks(_work(left, right)) if len(dense) > 1 else [0, len(dense)])
    return dense


def reach(left: CSR, right: CSR, columns: int) -> tuple[Ints, Floats]:
    """Return the columns that a single row of left·right reaches, and their values, as `products_numpy.reach` does.

    A row costs the same however many columns there are.
    """
    reached, values, count = np.empty(columns + 1, np.int32), np.empty(columns, np.float32), np.zeros(1, np.int64)
    total, seen = scratch.zeros(columns, np.float32), scratch.zeros(columns, np.uint8)
    _reach(left.indices, left.values, *right, total, seen, reached, values, count)
    return reached[: count[0]], values[: count[0]]


def dense_products(left: CSR, right: Floats) -> Floats:
    """Return left·right (rows, columns), where the right matrix (inner, columns) is dense."""
    product = np.empty((len(left.indptr) - 1, right.shape[1]), np.float32)

    def multiply(start: int, stop: int) -> None:
        _dense_products(start, stop, *left, right, product)

    share_out_rows(multiply, _blocks(left.indptr * right.shape[1]) if len(product) > 1 else [0, len(product)])
    return product


def _work(left: CSR, right: CSR) -> Longs:
    """Return the number of multiplications for all rows before each row of left·right, (rows + 1,)."""
    return np.append(0, np.cumsum(row_sums(left, right.counts.astype(np.int32)[left.indices], np.int64)))


def _blocks(work: Longs) -> list[int]:
    """Return the bounds of blocks of rows, given the multiplications for all rows before each row."""
    return even_blocks(work + _ROW_COST * np.arange(len(work)), _BLOCK_COST)


@inlined
def _add_up(
    inner: Ints,
    factors: Floats,
    indptr: Longs,
    indices: Ints,
    values: Floats,
    total: Floats,
    seen: NDArray[np.uint8],
    touched: Ints,
) -> int:
    """Add Σ factor · (row of right) to total; return how many columns change, which come first in `touched`."""
    count = 0
    for i in range(len(inner)):
        factor = factors[i]
        if factor == 0:
            continue
        for place in range(indptr[inner[i]], indptr[inner[i] + 1]):
            # Unsigned: a column that may be negative costs as much time as the sum.
            column = np.uint32(indices[place])
            total[column] += factor * values[place]
            # Written every time and counted the first time: a branch here would double the cost.
            touched[count] = column
            count += 1 - seen[column]
            seen[column] = 1
    return count


@inlined
def _compare(
    touched: Ints,
    total: Floats,
    seen: NDArray[np.uint8],
    size: np.float32,
    sizes: Floats,
    shrinkage: np.float32,
    union: bool,
    similarities: Floats,
) -> int:
    """Turn totals into similarities and clear them; return how many are above 0, whose columns lead `touched`."""
    count = 0
    for i in range(len(touched)):
        column = touched[i]
        dot = total[column]
        total[column] = 0
        seen[column] = 0
        weight = size + sizes[column] - dot if union else size * sizes[column]
        similarities[count] = dot / (weight + shrinkage)
        touched[count] = column
        count += dot > 0
    return count


@inlined
def _floor(bits: NDArray[np.uint32], k: int, buckets: Ints) -> np.uint32:
    """Return a value that at least k values reach, and few more than k.

    The bits of positive floats have the order of the floats; counting values by their leading bits finds the k-th but
    for its last digits.
    """
    highest = np.uint32(0)
    for i in range(len(bits)):
        buckets[bits[i] >> _FRACTION] += 1
        highest = max(highest, bits[i])
    bucket = highest >> _FRACTION
    reached = buckets[bucket]
    while reached < k:
        bucket -= np.uint32(1)
        reached += buckets[bucket]
    for i in range(len(bits)):
        buckets[bits[i] >> _FRACTION] = 0
    return bucket << _FRACTION


@inlined
def _put_largest_first(keys: NDArray[np.uint64], k: int) -> None:
    """Reorder different keys so that the k largest come first (Hoare's quickselect)."""
    low, high = 0, len(keys) - 1
    while low < high:
        first, last, middle = keys[low], keys[high], keys[(low + high) // 2]
        pivot = max(min(first, last), min(max(first, last), middle))
        i, j = low, high
        while i <= j:
            while keys[i] > pivot:
                i += 1
            while keys[j] < pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            high = j
        elif k - 1 >= i:
            low = i
        else:
            break


@kernel
def _top_products(
    start: int,
    stop: int,
    left_indptr: Longs,
    left_indices: Ints,
    left_values: Floats,
    indptr: Longs,
    indices: Ints,
    values: Floats,
    left_sizes: Floats,
    sizes: Floats,
    shrinkage: np.float32,
    union: bool,
    starts: Longs,
    best_indices: FilledInts,
    best_values: FilledFloats,
) -> None:
    columns = len(sizes)
    total = np.zeros(columns, np.float32)
    seen = np.zeros(columns, np.uint8)
    touched = np.empty(columns + 1, np.int32)
    similarities = np.empty(columns + 1, np.float32)
    bits = similarities.view(np.uint32)
    keys = np.empty(columns + 1, np.uint64)
    buckets = np.zeros(_BUCKETS, np.int32)
    for row in range(start, stop):
        own = slice(left_indptr[row], left_indptr[row + 1])
        count = _add_up(left_indices[own], left_values[own], indptr, indices, values, total, seen, touched)
        count = _compare(touched[:count], total, seen, left_sizes[row], sizes, shrinkage, union, similarities)
        first = starts[row]
        k = min(count, starts[row + 1] - first)
        floor = _floor(bits[:count], k, buckets) if k < count else np.uint32(0)
        good = 0
        for i in range(count):
            # A number that is larger for a larger value, and of equal values for the lower column.
            keys[good] = (np.uint64(bits[i]) << np.uint64(32)) | (_LOW - np.uint64(touched[i]))
            good += bits[i] >= floor
        if k < good:
            _put_largest_first(keys[:good], k)
        for i in range(k):
            bits[i] = np.uint32(keys[i] >> np.uint64(32))
            best_indices[first + i] = np.int32(_LOW - (keys[i] & _LOW))
            best_values[first + i] = similarities[i]


@kernel
def _products(
    start: int,
    stop: int,
    left_indptr: Longs,
    left_indices: Ints,
    left_values: Floats,
    indptr: Longs,
    indices: Ints,
    values: Floats,
    dense: FilledFloatRows,
) -> None:
    for row in range(start, stop):
        total = dense[row]
        total[:] = 0
        for i in range(left_indptr[row], left_indptr[row + 1]):
            inner, factor = left_indices[i], left_values[i]
            if factor == 0:
                continue
            own = slice(indptr[inner], indptr[inner + 1])
            columns, entries = indices[own], values[own]
            for place in range(len(columns)):
                # Unsigned: a column that may be negative costs as much time as the sum.
                total[np.uint32(columns[place])] += factor * entries[place]


@kernel
def _reach(
    inner: Ints,
    factors: Floats,
    indptr: Longs,
    indices: Ints,
    values: Floats,
    total: FilledFloats,
    seen: FilledMarks,
    reached: FilledInts,
    sums: FilledFloats,
    count: FilledLongs,
) -> None:
    """Fill in what is reached; `total` and `seen` hold zeros, before and after."""
    count[0] = _add_up(inner, factors, indptr, indices, values, total, seen, reached)
    for i in range(count[0]):
        column = np.uint32(reached[i])
        sums[i] = total[column]
        total[column] = 0
        seen[column] = 0


@kernel
def _dense_products(
    start: int, stop: int, indptr: Longs, indices: Ints, values: Floats, right: FloatRows, product: FilledFloatRows
) -> None:
    columns = right.shape[1]
    for row in range(start, stop):
        total = product[row]
        total[:] = 0
        for place in range(indptr[row], indptr[row + 1]):
            inner, factor = indices[place], values[place]
            for k in range(columns):
                total[k] += factor * right[inner, k]
