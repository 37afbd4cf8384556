"""Drift: what shoppers do, how a model scores, and how often its shelves are clicked, now and before.

A distribution is compared with an earlier one by the population stability index, Σ (p - q) · ln(p / q) over its parts
(Siddiqi, Credit Risk Scorecards, 2006, where 0.1 is a small shift and 0.25 a large one).
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

EVENTS: Final = "event mix"
SCORES: Final = "scores"
CLICKS: Final = "clicks"

BOUND: Final = 0.25
"""From this index on a distribution has drifted."""

LEAST: Final = 500
"""Distributions of fewer events or scores, before or now, are not compared."""

CLICKS_BOUND: Final = 0.1
"""A model has aged once its shelves lost this share of their click rate, beyond chance."""

FIRST_DAYS: Final = 7
"""The clicks of a model's first days are compared with those of its last days, as many."""

LEAST_CLICKS: Final = 50
"""A click rate of fewer clicks is not compared."""

_PARTS: Final = 10
_CERTAIN: Final = 1.96


class Drift(msgspec.Struct, frozen=True):
    """How far something has drifted."""

    what: str
    value: float
    bound: float
    """From this value on it matters."""
    beyond: bool
    """Whether it matters."""
    says: str
    """What happened, in a sentence."""


class Clicks(NamedTuple):
    """How often what was seen was clicked."""

    seen: int
    clicks: int

    @property
    def rate(self) -> float:
        """The click rate."""
        return self.clicks / self.seen


def event_mix(before: Mapping[str, int], now: Mapping[str, int]) -> Drift | None:
    """Compare the events of the last days with those of the weeks before, by kind; None if there are too few."""
    if min(sum(before.values()), sum(now.values())) < LEAST:
        return None
    kinds = sorted({*before, *now})
    p, q = (_shares(np.array([counts.get(kind, 0) for kind in kinds], np.float64)) for counts in (now, before))
    index = _stability(p, q)
    most = kinds[int(np.argmax((p - q) * np.log(p / q)))]
    share, share_before = (counts.get(most, 0) / sum(counts.values()) for counts in (now, before))
    says = f"{most} makes {share:.1%} of the events of the last days, and made {share_before:.1%} of those before"
    return Drift(EVENTS, index, BOUND, index >= BOUND, says)


def score_shift(before: NDArray[np.float64], now: NDArray[np.float64]) -> Drift | None:
    """Compare the scores of what was shown in the last days with earlier ones; None if there are too few."""
    if min(len(before), len(now)) < LEAST:
        return None
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    p, q = (_shares(np.bincount(np.searchsorted(edges, scores), minlength=len(edges) + 1)) for scores in (now, before))
    index = _stability(p, q)
    says = f"the middle score of what is shown is {np.median(now):.3g}, and was {np.median(before):.3g}"
    return Drift(SCORES, index, BOUND, index >= BOUND, says)


def clicks_by_age(days: pl.DataFrame) -> Drift | None:
    """Compare the click rate of a model's last days with that of its first ones; None if it is too young.

    Parameters
    ----------
    days
        Of one model: `day`, a moment, and how many items were `seen` and `clicks`.
    """
    if days.is_empty():
        return None
    age = (pl.col("day") - days["day"].min()) // 86_400_000_000
    last = int(days.select(age.max()).item())
    if last < 2 * FIRST_DAYS - 1:
        return None
    first, now = (_clicks(days.filter(which)) for which in (age < FIRST_DAYS, age > last - FIRST_DAYS))
    if min(first.clicks, now.clicks) < LEAST_CLICKS:
        return None
    lost = 1 - now.rate / first.rate
    # The delta method on the logarithm of the ratio of two rates.
    error = math.sqrt((1 - first.rate) / first.clicks + (1 - now.rate) / now.clicks)
    is_certain = math.log(first.rate / now.rate) > _CERTAIN * error
    says = f"{now.rate:.2%} of what is seen is clicked, and {first.rate:.2%} was in the model's first week"
    return Drift(CLICKS, lost, CLICKS_BOUND, is_certain and lost >= CLICKS_BOUND, says)


def _shares(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return shares, none of them 0: half an event more for each part."""
    shares: NDArray[np.float64] = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return shares


def _stability(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    return float(((p - q) * np.log(p / q)).sum())


def _clicks(days: pl.DataFrame) -> Clicks:
    return Clicks(int(days["seen"].sum()), int(days["clicks"].sum()))
