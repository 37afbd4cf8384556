"""The similarity of two users (or two items) over their common ratings, in plain NumPy.

The sums run over the n columns that rows x and x' have in common, with values v and v':

    cosine   Σ v v' / sqrt(Σ v² Σ v'²)
    msd      1 / (1 + Σ (v - v')² / n)
    pearson  (n Σ v v' - Σ v Σ v') / sqrt((n Σ v² - (Σ v)²) (n Σ v'² - (Σ v')²))

A pair with fewer than `min_support` columns in common, or with a denominator of 0, has the similarity 0. Shrinkage,
where it is above 0, multiplies with (n - 1) / (n - 1 + shrinkage): the cosine of residuals, shrunk, is the
pearson_baseline of Koren, "Factor in the Neighbors" (2010).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Floats = NDArray[np.float32]

COSINE: Final = 0
MSD: Final = 1
PEARSON: Final = 2


class Measure(NamedTuple):
    """The similarity, and the evidence that it needs."""

    formula: int
    """`COSINE`, `MSD` or `PEARSON`."""
    min_support: int
    """The number of common columns that a pair needs, 1 or more."""
    shrinkage: float
    """0 or more."""


def similar_to(indices: NDArray[np.int32], values: Floats, columns: CSR, others: int, measure: Measure) -> Floats:
    """Return the similarity of one row to each of the others, (others,).

    Parameters
    ----------
    indices, values
        The columns of the row and its values there, (entries,).
    columns
        For each column, the other rows with a value there, and the values.
    others
        The number of other rows.
    """
    met = columns.take(indices)
    own, other = np.repeat(values.astype(np.float64), met.counts), met.values.astype(np.float64)
    n, product, own_squared, other_squared, own_sum, other_sum = (
        np.bincount(met.indices, terms, minlength=others)
        for terms in (np.ones(len(own)), own * other, own**2, other**2, own, other)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        if measure.formula == MSD:
            similar = 1 / (1 + (own_squared - 2 * product + other_squared).clip(0) / n)
        elif measure.formula == PEARSON:
            spread = (n * own_squared - own_sum**2).clip(0) * (n * other_squared - other_sum**2).clip(0)
            similar = (n * product - own_sum * other_sum) / np.sqrt(spread)
        else:
            similar = product / np.sqrt(own_squared * other_squared)
        if measure.shrinkage > 0:
            similar *= (n - 1) / (n - 1 + measure.shrinkage)
    return np.where((n >= measure.min_support) & np.isfinite(similar), similar, 0).astype(np.float32)
