"""Samples: what is known of the units of a variant, as counts, means and covariances, for every estimator."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLUMNS: Final = 4
NUMERATOR, DENOMINATOR, NUMERATOR_BEFORE, DENOMINATOR_BEFORE = range(COLUMNS)
"""The columns of a unit's values: what a metric adds up, what it divides by, and both before the experiment began."""


class Sample(NamedTuple):
    """The units of a variant. Leading axes, if any, are experiments."""

    n: Floats
    """How many units there are, (...)."""
    means: Floats
    """The mean of each column, (..., 4)."""
    covariances: Floats
    """The covariance of each two columns, (..., 4, 4)."""

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Return the sample of values, (..., units, 4)."""
        n = values.shape[-2]
        means = values.mean(axis=-2)
        centred = values - means[..., None, :]
        covariances = np.swapaxes(centred, -1, -2) @ centred / max(n - 1, 1)
        return cls(np.full(values.shape[:-2], n, np.float64), means, covariances)

    @classmethod
    def of_sums(cls, n: Floats, sums: Floats, products: Floats) -> Self:
        """Return the sample of sums of each column, (..., 4), and of the products of each two, (..., 4, 4)."""
        n = np.asarray(n, np.float64)
        whole = np.maximum(n, 1)[..., None]
        means = sums / whole
        within = products - sums[..., :, None] * means[..., None, :]
        return cls(n, means, within / np.maximum(n - 1, 1)[..., None, None])

    def merged(self, other: "Sample") -> "Sample":
        """Return the sample of the units of both (Chan, Golub and LeVeque, 1983); NaN where one unit says nothing."""
        n = self.n + other.n
        apart = other.means - self.means
        within = self.covariances * (self.n - 1)[..., None, None] + other.covariances * (other.n - 1)[..., None, None]
        with np.errstate(invalid="ignore"):
            means = self.means + apart * (other.n / n)[..., None]
            between = apart[..., :, None] * apart[..., None, :] * (self.n * other.n / n)[..., None, None]
            return Sample(n, means, (within + between) / (n - 1)[..., None, None])


def values_of(
    numerator: Floats, denominator: Floats | None = None, before: Sequence[Floats | None] = (None, None)
) -> Floats:
    """Return the values of units, (..., units, 4), from columns, each (..., units).

    Parameters
    ----------
    denominator
        What the metric divides by; None: the unit itself, so that the metric is a mean.
    before
        Both columns before the experiment began; None where nothing is known.
    """
    ones = np.ones_like(numerator)
    columns = (numerator, denominator, before[0], before[1])
    return np.stack([ones if column is None else column for column in columns], axis=-1)
