"""Winsorised values: a few great orders, which chance gives to one variant, must not decide alone."""

from typing import Final, NamedTuple

import numpy as np

from aisle.experiments.statistics.samples import Floats

QUANTILE: Final = 0.99


class Capped(NamedTuple):
    """Values of which the greatest are cut down."""

    values: Floats
    cap: float
    """The greatest value that counts in full."""
    units: int
    """How many units are above it."""
    removed: float
    """The share of the sum that does not count any more."""


def capped(values: Floats, quantile: float = QUANTILE) -> Capped:
    """Return values of which none is above a quantile of those above 0.

    The cap is that of all variants together: a cap of each one's own would hide what differs at the top.

    Parameters
    ----------
    values
        One per unit, (units,).
    """
    paid = values[values > 0]
    if not len(paid):
        return Capped(values, 0.0, 0, 0.0)
    cap = float(np.quantile(paid, quantile))
    cut = np.minimum(values, cap)
    return Capped(cut, cap, int((values > cap).sum()), float(1 - cut.sum() / values.sum()))
