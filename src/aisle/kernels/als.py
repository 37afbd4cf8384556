"""The half step of iALS by conjugate gradient, rows in parallel; the equations and the twin are in `als_numpy`."""

from typing import Final

import numpy as np

from aisle.kernels.als_numpy import NEGLIGIBLE, Rows, principal_axes
from aisle.kernels.compiling import FilledFloatRows, FloatRows, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.threads import all_cores, blocks, even_blocks, share_out, share_out_rows

GATHERED: Final = 4096
"""Rows with more neighbours than this read them where they are: a copy would not fit the cache anyway."""

_BLOCK_COST: Final = 32768
_ROW_COST: Final = 16
_BLOCK_ROWS: Final = 4096


def half_step(rows: Rows, solved: Floats, fixed: Floats, unobserved: float, steps: int) -> None:
    """Improve every row of one side while the other stays fixed; both arrays change in place.

    Both sides are rotated onto the principal axes of the fixed one, which leaves their inner products as they were.
    The result is the same for any number of threads.

    Parameters
    ----------
    rows
        The observed weights: one row per vector of `solved`, whose neighbours are vectors of `fixed`.
    solved, fixed
        Vectors (rows, factors) and (neighbours, factors).
    unobserved
        The weight of pairs that are not stored.
    steps
        The number of conjugate-gradient steps; they start from `solved`.
    """
    with all_cores():
        spectrum = align(fixed, solved)
        improve_rows(rows, solved, fixed, spectrum, unobserved, steps, tolerance=0.0)


def align(vectors: Floats, *others: Floats) -> Floats:
    """Rotate vectors (rows, factors), and others alike, onto the principal axes of the first, in place.

    Returns
    -------
    Floats
        The spectrum (factors,): the diagonal of vectorsᵀ vectors on these axes.
    """
    with all_cores():
        spectrum, axes = principal_axes(_gram(vectors))
        for side in (vectors, *others):
            _rotate(side, axes)
    return spectrum


def improve_rows(
    rows: Rows, solved: Floats, fixed: Floats, spectrum: Floats, unobserved: float, steps: int, tolerance: float
) -> None:
    """Improve rows in place, where the fixed side is on its principal axes; parameters as in `half_step`.

    A row is done after `steps` steps, or as soon as its residual has shrunk to `tolerance` times the first residual.
    """
    weight, stop_at = np.float32(unobserved), np.float32(tolerance)
    dense = weight * spectrum

    def improve(start: int, stop: int) -> None:
        _improve_rows(start, stop, *rows, solved, fixed, dense, weight, steps, stop_at)

    share_out_rows(improve, even_blocks(rows.indptr + _ROW_COST * np.arange(len(rows.indptr)), _BLOCK_COST))


def _gram(vectors: Floats) -> Floats:
    """Return vectorsᵀ vectors, summed in the same order for any number of threads."""

    def of_block(start: int, stop: int) -> Floats:
        return vectors[start:stop].T @ vectors[start:stop]

    gram: Floats = np.sum(share_out(of_block, _vector_blocks(vectors)), axis=0)
    return gram


def _rotate(vectors: Floats, axes: Floats) -> None:
    """Replace vectors by vectors @ axes."""

    def rotate(start: int, stop: int) -> None:
        vectors[start:stop] = vectors[start:stop] @ axes

    share_out(rotate, _vector_blocks(vectors))


def _vector_blocks(vectors: Floats) -> list[int]:
    return blocks(len(vectors), max(_BLOCK_ROWS, len(vectors) // 64))


@inlined
def _fill_targets(weights: Floats, unobserved: np.float32, strength: Floats, targets: Floats) -> None:
    """Set |w_i|, and what each neighbour adds to b."""
    for i in range(len(weights)):
        strength[i] = abs(weights[i])
        targets[i] = weights[i] + unobserved if weights[i] > 0 else np.float32(0)


@inlined
def _gather(vectors: Floats, rows: Ints, out: Floats) -> None:
    """Copy rows from all over memory into one place, as every step reads them again."""
    for i in range(len(rows)):
        # Read here and not in the inner loop: the compiler cannot know that writing to out leaves rows as they are.
        row = rows[i]
        for k in range(out.shape[1]):
            out[i, k] = vectors[row, k]


@inlined
def _add_outer(vectors: Floats, rows: Ints, weights: Floats, targets: Floats, x: Floats, out: Floats) -> None:
    """Add Σ_i (w_i (y_i·x) - t_i) y_i to out, four neighbours at a time: x and out are read a quarter as often."""
    factors = len(x)
    fours = len(rows) - len(rows) % 4
    for i in range(0, fours, 4):
        a, b, c, d = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        s = t = u = v = np.float32(0)
        for k in range(factors):
            s += vectors[a, k] * x[k]
            t += vectors[b, k] * x[k]
            u += vectors[c, k] * x[k]
            v += vectors[d, k] * x[k]
        s = weights[i] * s - targets[i]
        t = weights[i + 1] * t - targets[i + 1]
        u = weights[i + 2] * u - targets[i + 2]
        v = weights[i + 3] * v - targets[i + 3]
        for k in range(factors):
            out[k] += s * vectors[a, k] + t * vectors[b, k] + u * vectors[c, k] + v * vectors[d, k]
    for i in range(fours, len(rows)):
        a = rows[i]
        s = np.float32(0)
        for k in range(factors):
            s += vectors[a, k] * x[k]
        s = weights[i] * s - targets[i]
        for k in range(factors):
            out[k] += s * vectors[a, k]


@inlined
def _improve_row(
    x: Floats,
    vectors: Floats,
    rows: Ints,
    weights: Floats,
    targets: Floats,
    nothing: Floats,
    diagonal: Floats,
    scratch: Floats,
    steps: int,
    tolerance: np.float32,
) -> None:
    """Preconditioned conjugate gradient on A x = b, starting from x."""
    factors = len(x)
    gradient, direction, image = scratch[0], scratch[1], scratch[2]
    for k in range(factors):
        gradient[k] = diagonal[k] * x[k]
    _add_outer(vectors, rows, weights, targets, x, gradient)
    size = np.float32(0)
    for k in range(factors):
        direction[k] = -gradient[k] / diagonal[k]
        size -= gradient[k] * direction[k]
    enough = max(tolerance * tolerance, np.float32(NEGLIGIBLE)) * size
    for _ in range(steps):
        if size <= enough:
            break
        for k in range(factors):
            image[k] = diagonal[k] * direction[k]
        _add_outer(vectors, rows, weights, nothing, direction, image)
        curvature = np.float32(0)
        for k in range(factors):
            curvature += direction[k] * image[k]
        length = size / curvature
        before = size
        size = np.float32(0)
        for k in range(factors):
            x[k] += length * direction[k]
            gradient[k] += length * image[k]
            size += gradient[k] * gradient[k] / diagonal[k]
        turn = size / before
        for k in range(factors):
            direction[k] = turn * direction[k] - gradient[k] / diagonal[k]


@kernel
def _improve_rows(
    start: int,
    stop: int,
    indptr: Longs,
    indices: Ints,
    weights: Floats,
    ridge: Floats,
    solved: FilledFloatRows,
    fixed: FloatRows,
    dense: Floats,
    unobserved: np.float32,
    steps: int,
    tolerance: np.float32,
) -> None:
    factors = solved.shape[1]
    longest = int(np.diff(indptr[start : stop + 1]).max())
    gathered = np.empty((min(longest, GATHERED), factors), np.float32)
    in_order = np.arange(len(gathered)).astype(np.int32)
    strength = np.empty(longest, np.float32)
    targets = np.empty(longest, np.float32)
    nothing = np.zeros(longest, np.float32)
    diagonal = np.empty(factors, np.float32)
    scratch = np.empty((3, factors), np.float32)
    for row in range(start, stop):
        x = solved[row]
        for k in range(factors):
            diagonal[k] = dense[k] + ridge[row]
        first, last = indptr[row], indptr[row + 1]
        neighbours = indices[first:last]
        _fill_targets(weights[first:last], unobserved, strength, targets)
        if len(neighbours) <= GATHERED:
            _gather(fixed, neighbours, gathered)
            order = in_order[: len(neighbours)]
            _improve_row(x, gathered, order, strength, targets, nothing, diagonal, scratch, steps, tolerance)
        else:
            _improve_row(x, fixed, neighbours, strength, targets, nothing, diagonal, scratch, steps, tolerance)
