"""Several p-values at a time: of twenty metrics without any change, one is below 5 % by chance."""

import numpy as np
from scipy import stats

from aisle.experiments.statistics.samples import Floats


def holm(p_values: Floats) -> Floats:
    """Return p-values of which one is below alpha by chance with a probability of at most alpha (Holm, 1979).

    Parameters
    ----------
    p_values
        (tests,); NaN, where nothing can be said, counts for none and stays.
    """
    known = p_values[~np.isnan(p_values)]
    order = np.argsort(known, kind="stable")
    stepped = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
    out = p_values.copy()
    out[np.flatnonzero(~np.isnan(p_values))[order]] = np.minimum(stepped, 1)
    return out


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return p-values of which those below alpha are wrong in a share of at most alpha (Benjamini and Hochberg, 1995).

    Parameters
    ----------
    p_values
        As of `holm`.
    """
    known = ~np.isnan(p_values)
    out = p_values.copy()
    if known.any():
        out[known] = stats.false_discovery_control(p_values[known], method="bh")
    return out
