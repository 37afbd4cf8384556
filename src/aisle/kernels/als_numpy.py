"""The least-squares steps of iALS in plain NumPy: what the kernel of `als` computes, and the exact solution of a row.

For a row x (a shopper, or an item in the other half step) with neighbours y_i, the objective of Hu, Koren and Volinsky,
"Collaborative Filtering for Implicit Feedback Datasets" (2008), scaled so that observed weights have the factor 1, is

    Σ_observed (w0 + |w_i|) (p_i - x·y_i)²  +  w0 Σ_unobserved (x·y_i)²  +  ridge |x|²

with p_i = 1, or 0 where the weight is negative: an item given back is confidently not liked. The minimum solves
A x = b, where

    A = w0 YᵀY + ridge I + Σ_observed |w_i| y_i y_iᵀ        b = Σ_liked (w0 + w_i) y_i

Inner products do not change when both sides are rotated alike. On the principal axes of Y the product YᵀY is diagonal,
so the dense part of A costs a row `factors` multiplications instead of their square, and preconditions the rest.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEGLIGIBLE: Final = 1e-14
"""A squared residual that has shrunk by this factor is as small as float32 can represent."""


class Rows(NamedTuple):
    """The rows to solve: observed weights in CSR form, with the regularisation of each row."""

    indptr: NDArray[np.int64]
    """Where each row begins in `indices` and `weights`, (rows + 1,)."""
    indices: NDArray[np.int32]
    """The neighbours of each row, (entries,)."""
    weights: Floats
    """Observed weights, (entries,)."""
    ridge: Floats
    """Positive, (rows,)."""


def principal_axes(gram: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues (factors,) of a Gram matrix, ascending, and the eigenvectors as columns."""
    spectrum, axes = np.linalg.eigh(gram)
    return np.maximum(spectrum, 0), np.ascontiguousarray(axes)


def targets(weights: Floats, unobserved: float) -> Floats:
    """Return what each neighbour adds to b: w0 + w where the weight is positive, else 0."""
    return np.where(weights > 0, weights + np.float32(unobserved), np.float32(0))


def normal_matrix(neighbours: Floats, weights: Floats, spectrum: Floats, ridge: float, unobserved: float) -> Floats:
    """Return A (factors, factors) of one row, on the principal axes of all neighbours."""
    dense = np.diag(np.float32(unobserved) * spectrum + np.float32(ridge))
    observed: Floats = (neighbours.T * np.abs(weights)) @ neighbours
    return dense + observed


def solve_row(neighbours: Floats, weights: Floats, spectrum: Floats, ridge: float, unobserved: float) -> Floats:
    """Return the exact minimum of one row.

    Parameters
    ----------
    neighbours
        The vectors (entries, factors) that the row has weights for, on the principal axes of their side.
    weights
        Observed weights (entries,).
    spectrum
        The diagonal of YᵀY, (factors,).
    ridge
        The row's regularisation, positive.
    unobserved
        w0, the weight of unobserved pairs.
    """
    matrix = normal_matrix(neighbours, weights, spectrum, ridge, unobserved)
    return np.linalg.solve(matrix, targets(weights, unobserved) @ neighbours)


def improve_row(
    start: Floats, neighbours: Floats, weights: Floats, spectrum: Floats, ridge: float, unobserved: float, steps: int
) -> Floats:
    """Return the row after some steps of conjugate gradient from `start`, preconditioned by A's dense diagonal."""
    matrix = normal_matrix(neighbours, weights, spectrum, ridge, unobserved)
    diagonal = np.float32(unobserved) * spectrum + np.float32(ridge)
    row = start.copy()
    residual = targets(weights, unobserved) @ neighbours - matrix @ row
    size = residual @ (residual / diagonal)
    direction = residual / diagonal
    enough = NEGLIGIBLE * size
    for _ in range(steps):
        if size <= enough:
            break
        image = matrix @ direction
        length = size / (direction @ image)
        row += length * direction
        residual -= length * image
        size, before = residual @ (residual / diagonal), size
        direction = residual / diagonal + size / before * direction
    return row
