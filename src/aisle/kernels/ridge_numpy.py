"""Ridge regressions, one per row, in plain NumPy: what the kernel of `ridge` computes.

A row x whose entries have the targets t_i and the features y_i minimises

    Σ_i (t_i - x·y_i)²  +  ridge |x|²        so that        (Σ_i y_i y_iᵀ + ridge I) x = Σ_i t_i y_i
"""

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Floats = NDArray[np.float32]


def solve_row(features: Floats, targets: Floats, ridge: float) -> NDArray[np.float64]:
    """Return the minimum (factors,) of one row.

    Parameters
    ----------
    features
        y, (entries, factors).
    targets
        t, (entries,).
    ridge
        Positive.
    """
    y = features.astype(np.float64)
    return np.asarray(np.linalg.solve(y.T @ y + ridge * np.eye(y.shape[1]), targets @ y), np.float64)


def solve_rows(rows: CSR, ridge: Floats, features: Floats) -> Floats:
    """Return the minimum of each row, (rows, factors); 0 for a row without entries.

    Parameters
    ----------
    rows
        Targets; columns are rows of `features`.
    ridge
        Positive, (rows,).
    features
        y of every column, (columns, factors).
    """
    solved = np.zeros((len(ridge), features.shape[1]), np.float32)
    for row, (start, stop) in enumerate(zip(rows.indptr[:-1], rows.indptr[1:], strict=True)):
        if stop > start:
            solved[row] = solve_row(features[rows.indices[start:stop]], rows.values[start:stop], float(ridge[row]))
    return solved
