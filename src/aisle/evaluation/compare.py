"""Whether a model is better than another on the same shoppers, beyond chance."""

import math
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.evaluation.bootstrap import FEW, LEVEL, Interval, interval, resampled_means

TOLERANCE: Final = 0.01
"""A loss up to this share of the live model's figure is no reason to keep it."""

FEWEST: Final = math.ceil(1 - math.log2(1 - LEVEL))
"""With fewer shoppers, no difference counts as real: that all of five are better has a chance of 1 in 16."""


_EITHER: Final = ((0.0, 1.0), (1.0, 0.0))
"""Beside few shoppers, one for whom the candidate does it all, and one for whom the live model does."""


class Finding(StrEnum):
    """What a comparison finds about the candidate."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no real difference"


class Comparison(Struct, frozen=True):
    """The difference of the candidate from the live model, paired by shopper.

    Attributes
    ----------
    difference
        The mean of candidate minus live.
    relative
        The same as a share of the live mean; null where the live mean is, or could well be, 0.
    shoppers
        The number of shoppers with a value from both.
    finding
        Whether the difference is real: its interval is on one side of 0, and there are at least `FEWEST` shoppers.
    """

    difference: Interval
    relative: Interval | None
    shoppers: int
    finding: Finding


class Verdict(Struct, frozen=True):
    """The decision of the promotion gate, and its reason."""

    promote: bool
    reason: str
    comparison: Comparison


def compare(live: NDArray[np.float64], candidate: NDArray[np.float64], *, seed: int) -> Comparison:
    """Return the paired difference of a metric with its bootstrap interval over shoppers.

    Parameters
    ----------
    live, candidate
        One value per shopper, of the same shoppers in the same order, (shoppers,). Shoppers with NaN in either are
        skipped; at least one remains.
    seed
        Equal seeds give equal intervals.
    """
    return _compared(_paired(live, candidate), seed)


def _compared(both: NDArray[np.float64], seed: int) -> Comparison:
    """Compare the values of the live model and the candidate, (2, shoppers)."""
    means = both.mean(axis=1)
    drawn = resampled_means(both, seed, _EITHER if both.shape[1] < FEW else None)
    relative = None
    if drawn[0].min() > 0:
        relative = interval(float(means[1] / means[0] - 1), drawn[1] / drawn[0] - 1)
    difference = interval(float(means[1] - means[0]), drawn[1] - drawn[0])
    shoppers = both.shape[1]
    return Comparison(difference, relative, shoppers, _finding(difference, shoppers))


def verdict(
    live: NDArray[np.float64], candidate: NDArray[np.float64], *, seed: int, tolerance: float = TOLERANCE
) -> Verdict:
    """Decide whether the candidate replaces the live model: yes, unless it is shown to lose more than the tolerance.

    A loss is shown if the whole interval of candidate - (1 - tolerance) · live is below 0.

    Parameters
    ----------
    live, candidate
        As `compare` takes them; higher is better.
    seed
        Equal seeds give equal verdicts.
    tolerance
        The share of the live mean that may be lost.
    """
    both = _paired(live, candidate)
    comparison = _compared(both, seed)
    margin = both[1:] - (1 - tolerance) * both[:1]
    loses = interval(float(margin.mean()), resampled_means(margin, seed)[0]).high < 0
    within = f", within the {tolerance:.0%} that chance and tolerance allow"
    tolerated = comparison.finding is Finding.WORSE and not loses
    return Verdict(not loses, describe(comparison) + (within if tolerated else ""), comparison)


def _paired(live: NDArray[np.float64], candidate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of the shoppers who have both, (2, shoppers)."""
    if live.shape != candidate.shape:
        raise ValueError(f"{len(live)} values of the live model do not pair with {len(candidate)} of the candidate")
    both = np.stack((live, candidate))
    return both[:, ~np.isnan(both).any(axis=0)]


def _finding(difference: Interval, shoppers: int) -> Finding:
    """Return whether a difference is real; higher is better."""
    if shoppers < FEWEST or difference.low <= 0 <= difference.high:
        return Finding.NO_DIFFERENCE
    return Finding.BETTER if difference.low > 0 else Finding.WORSE


def describe(comparison: Comparison) -> str:
    """Return the change in words, as a share where there is one: `better by 5.0% (3.1% to 6.8%) over 500 shoppers`."""
    if comparison.relative is None:
        change, form = comparison.difference, ".4f"
    else:
        change, form = comparison.relative, ".1%"
    over = f"over {comparison.shoppers:,} shoppers"
    if comparison.finding is Finding.NO_DIFFERENCE:
        value, low, high = (f"{number:+{form}}" for number in (change.value, change.low, change.high))
        return f"{comparison.finding.value}, {value} ({low} to {high}) {over}"
    value, *ends = (f"{abs(number):{form}}" for number in (change.value, change.low, change.high))
    low, high = ends if comparison.finding is Finding.BETTER else ends[::-1]
    return f"{comparison.finding.value} by {value} ({low} to {high}) {over}"
