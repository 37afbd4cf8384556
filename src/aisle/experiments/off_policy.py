"""What another strategy would have brought, from the log of today's one: off-policy estimates with their intervals.

A log says what was shown, with which probability (the propensity), and what came of it. A place that the new strategy
would have filled with the same item tells of it, and counts the more the rarer it was shown: its weight is

    w = π(item at its position) / propensity

where π is the new strategy's own probability. A shelf is a slate of places. What its places bring is taken as
independent of each other, so that each is weighed by itself ("item-position" or independent estimators: Li et al.,
2018), and places of one shopper, who differs from others, are not taken as independent in the intervals.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL: Final = 0.95
"""The probability with which an interval holds the true value."""

CERTAIN: Final = 1 - 1e-9
"""A propensity from which on nothing was left to chance."""

ENOUGH_PLACES: Final = 200
"""Of a log that tells as much as fewer places of the new strategy, nothing is estimated."""

ENOUGH_REWARDS: Final = 10
"""Of fewer places that the new strategy shares and that brought something, nothing is estimated."""

COVERED: Final = 0.9
"""Of what the new strategy shows, today's must show so much at least now and then."""

SWITCHES: Final = 20
"""So many bounds of weights are tried where the estimate switches to the model."""


class Logged(NamedTuple):
    """Places of shelves that were shown, each (places,)."""

    reward: Floats
    """What came of it: 1 for a click, or money."""
    propensity: Floats
    """How probable it was that this item would stand there; above 0."""
    target: Floats
    """How probable that is with the new strategy."""
    position: Ints
    """Of the place on its shelf; all equal where items are shown singly."""
    shopper: Ints
    """The number of the shopper."""
    expected: Floats
    """What a model expects of the item at its position, as of `reward_model.expected_rewards`."""
    expected_of_target: Floats
    """What the model expects of what the new strategy would show there."""

    @property
    def weight(self) -> Floats:
        """How much a place tells of the new strategy."""
        return self.target / self.propensity


class Estimate(Struct, frozen=True):
    """What the new strategy would bring per place, with the interval that holds it."""

    method: str
    value: float
    low: float
    high: float
    change: float
    """By how much that is more than what was shown brought."""
    change_low: float
    change_high: float


class Overlap(Struct, frozen=True):
    """How much a log tells of a new strategy."""

    places: int
    effective: float
    """As many places of the new strategy itself would tell as much: (Σw)² / Σw² (Kish, 1965)."""
    rewards: int
    """How many places that the new strategy shares brought something."""
    covered: float
    """Which share of what the new strategy shows is shown today at least now and then: the mean weight, at most 1."""
    covered_high: float
    """The upper end of its interval."""
    by_chance: float
    """The share of places that were left to chance."""

    def refusal(self, placement: str) -> str | None:
        """Return why nothing can be estimated, and what helps; None if it can."""
        if self.by_chance == 0:
            return (
                "every item was shown for certain (propensity 1), so the log does not tell what others would have "
                f"brought; set explore = 0.1 in [placements.{placement}] and let it run for some weeks"
            )
        if self.covered_high < COVERED:
            return (
                f"today's strategy never shows {1 - self.covered:.0%} of what the new one would show there, so the log "
                "does not tell of these; only an A/B test does"
            )
        if self.effective < ENOUGH_PLACES or self.rewards < ENOUGH_REWARDS:
            return (
                f"the log tells as much as {self.effective:,.0f} places of the new strategy, {self.rewards} of which "
                f"brought something; {ENOUGH_PLACES} and {ENOUGH_REWARDS} are needed: wait, or raise explore in "
                f"[placements.{placement}]"
            )
        return None


def overlap(logged: Logged) -> Overlap:
    """Return how much a log tells of a new strategy."""
    weight = logged.weight
    squares = float((weight**2).sum())
    mean = _interval(weight - weight.mean(), float(weight.mean()), logged.shopper)
    return Overlap(
        places=len(weight),
        effective=float(weight.sum()) ** 2 / squares if squares else 0.0,
        rewards=int(np.count_nonzero((weight > 0) & (logged.reward != 0))),
        covered=min(1.0, mean[0]),
        covered_high=mean[2],
        by_chance=float(np.mean(logged.propensity < CERTAIN)),
    )


def estimates(logged: Logged) -> list[Estimate]:
    """Return what each method estimates, the plainest first."""
    methods = {
        "IPS": ips(logged),
        "SNIPS": snips(logged),
        "DM": direct(logged),
        "DR": doubly_robust(logged),
        "SWITCH-DR": switch(logged),
    }
    return [_estimate(name, parts, logged) for name, parts in methods.items()]


def ips(logged: Logged) -> Floats:
    """Return each place's part in the estimate by inverse propensities, w · r; the estimate is their mean, (places,).

    It is right on average whatever the rewards are (Horvitz & Thompson, 1952), and varies much.
    """
    return logged.weight * logged.reward


def snips(logged: Logged) -> Floats:
    """Return each place's part in the self-normalised estimate (Swaminathan & Joachims, 2015), (places,).

    Of each position it is Σ w r / Σ w. The parts are those of its linearisation, v + w (r - v) / mean(w).
    """
    weight, position = logged.weight, _numbered(logged.position)
    total = np.bincount(position, weight)
    value = np.divide(np.bincount(position, ips(logged)), total, out=np.zeros_like(total), where=total > 0)
    mean = np.maximum(total / np.maximum(np.bincount(position), 1), np.finfo(np.float64).tiny)
    return value[position] + weight * (logged.reward - value[position]) / mean[position]


def direct(logged: Logged) -> Floats:
    """Return each place's part in the direct estimate: what the model expects of the new strategy, (places,).

    It varies least and is as wrong as the model; its interval does not know how wrong that is.
    """
    return logged.expected_of_target


def doubly_robust(logged: Logged) -> Floats:
    """Return each place's part in the doubly robust estimate (Dudík et al., 2011), q(π) + w (r - q), (places,).

    It is right on average if either the propensities or the model are.
    """
    return logged.expected_of_target + logged.weight * (logged.reward - logged.expected)


def switch(logged: Logged) -> Floats:
    """Return each place's part in SWITCH-DR (Wang et al., 2017), (places,): doubly robust up to a bound of weights.

    Beyond the bound only the model counts. The bound has the least estimated error: the variance, and the square of
    what the model can be wrong by there, which is at most the largest reward times the new strategy's share of it.
    """
    weight, robust = logged.weight, doubly_robust(logged)
    largest = float(np.abs(logged.reward - logged.expected).max(initial=0.0))
    best, least = robust, math.inf
    for bound in np.unique(np.quantile(weight, np.linspace(0, 1, SWITCHES))):
        parts = np.where(weight <= bound, robust, logged.expected_of_target)
        bias = largest * float(np.where(weight > bound, weight, 0).mean())
        error = _variance(parts - parts.mean(), logged.shopper) + bias**2
        if error < least:
            best, least = parts, error
    return best


def _estimate(method: str, parts: Floats, logged: Logged) -> Estimate:
    value, reward = float(parts.mean()), logged.reward
    change = value - float(reward.mean())
    difference = parts - reward
    return Estimate(
        method,
        *_interval(parts - value, value, logged.shopper),
        *_interval(difference - change, change, logged.shopper),
    )


def _interval(deviations: Floats, value: float, shopper: Ints) -> tuple[float, float, float]:
    """Return a mean with its interval, given how far each place's part is from it; wider for few shoppers."""
    reach = math.sqrt(_variance(deviations, shopper)) * _quantile(shopper)
    return value, value - reach, value + reach


def _variance(deviations: Floats, shopper: Ints) -> float:
    """Return the variance of a mean whose parts hang together within each shopper."""
    of_each = np.bincount(_numbered(shopper), deviations)
    count = max(len(of_each), 2)
    return float((of_each**2).sum()) / len(deviations) ** 2 * count / (count - 1)


def _quantile(shopper: Ints) -> float:
    return float(student.ppf((1 + LEVEL) / 2, max(len(np.unique(shopper)) - 1, 1)))


def _numbered(labels: Ints) -> Ints:
    """Return labels as numbers from 0 without large gaps."""
    if len(labels) and labels.min() >= 0 and labels.max() <= 4 * len(labels):
        return labels
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)
