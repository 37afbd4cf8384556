"""From scores to chances: how often items like this one were taken when shoppers, buyers or not, would have seen them.

A logistic regression (by iteratively reweighted least squares) orders all places by their chance, and a rising step
function, by pooling adjacent violators, sets the chance of each step to what was observed.

The number of steps was chosen on windows before the newest one: four of Online Retail, and two of each of three
simulated shops with 200,000 events. The mean log loss of the chances of a window, learnt from the window before it:

====================  =====================  ====================
hits of a step, most  Online Retail          simulated shops
steps
====================  =====================  ====================
100, 12               .19670                 .08385
50, 12                .19670                 .08384
50, 24                .19612                 .08382
**50, 48**            **.19576**             **.08382**
100, 48               .19582                 .08385
25, 48                .19576                 .08381
====================  =====================  ====================

Chances learnt from other shoppers of the same window order the rows alike (.19288, .19288, .19223, .19207, .19217 and
.19207; .07365, .07363, .07362, .07362, .07365 and .07364).
"""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Component, NoSettings
from aisle.shop.errors import NotEnoughData

Floats = NDArray[np.float64]

HITS: Final = 200
"""Fewer hits than this say little of chances."""

STEP_HITS: Final = 50
"""A step of the function rests on at least so many hits."""

STEPS: Final = 48
"""At most so many steps."""

_ROUNDS: Final = 25
_RIDGE: Final = 1.0


class Calibration(Component[NoSettings]):
    """Turns facts of a place on a shelf into the chance that its item is taken."""

    name = "calibration"

    mean_: Floats
    scale_: Floats
    """The mean and the standard deviation of each fact, (facts,)."""
    weights_: Floats
    """The weights of the logistic regression, the constant first, (1 + facts,)."""
    edges_: Floats
    """Where each step but the first begins, as log odds of the regression, (steps - 1,)."""
    chances_: Floats
    """The chance of each step, (steps,)."""
    days_: Floats
    """The days within which the item is taken, (1,)."""

    def fit(self, facts: Floats, wanted: NDArray[np.bool_], days: float) -> Self:
        """Learn from places of shelves as they would have been shown.

        Parameters
        ----------
        facts
            Numbers about each place, (places, facts).
        wanted
            Whether its item was taken, (places,).
        days
            Within how many days.

        Raises
        ------
        NotEnoughData
            If fewer than `HITS` items were taken.
        """
        if wanted.sum() < HITS:
            raise NotEnoughData(f"only {int(wanted.sum())} recommended items were taken, and {HITS} are needed")
        self.mean_, self.scale_ = facts.mean(axis=0), np.maximum(facts.std(axis=0), 1e-9)
        self.weights_ = _logistic(self._columns(facts), wanted.astype(np.float64))
        self.days_ = np.array([days])
        self._fit_steps(self._columns(facts) @ self.weights_, wanted)
        return self

    def _fit_steps(self, odds: Floats, wanted: NDArray[np.bool_]) -> None:
        order = np.argsort(odds, kind="stable")
        hits = np.cumsum(wanted[order])
        count = int(np.clip(hits[-1] // STEP_HITS, 1, STEPS))
        # Equal shares of the hits: the steps of the likeliest places are short, and none rests on a handful.
        stops = np.searchsorted(hits, np.arange(1, count) * hits[-1] / count, "right")
        bounds = np.unique(np.concatenate(([0], stops, [len(order)])))
        sizes = np.diff(bounds)
        of_step = np.diff(np.concatenate(([0], hits))[bounds])
        steps = _rising(of_step / sizes, sizes)
        self.chances_ = np.array(steps)
        starts = bounds[1:-1]
        self.edges_ = (odds[order][starts - 1] + odds[order][starts]) / 2

    def chances(self, facts: Floats) -> Floats:
        """Return the chance of each place, (places,), from its facts, (places, facts)."""
        odds = self._columns(facts) @ self.weights_
        return self.chances_[np.searchsorted(self.edges_, odds, "right")]

    @property
    def days(self) -> float:
        """Within how many days."""
        return float(self.days_[0])

    def _columns(self, facts: Floats) -> Floats:
        standard = (facts - self.mean_) / self.scale_
        return np.column_stack((np.ones(len(facts)), standard))


def _logistic(columns: Floats, wanted: Floats) -> Floats:
    """Return the weights of a logistic regression."""
    weights = np.zeros(columns.shape[1])
    weights[0] = np.log(wanted.mean() / (1 - wanted.mean()))
    ridge = np.diag([0.0] + [_RIDGE] * (columns.shape[1] - 1))
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + ridge
        step = np.linalg.solve(curvature, columns.T @ (wanted - chance) - ridge @ weights)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _rising(values: Floats, sizes: NDArray[np.int64]) -> list[float]:
    """Return the rising values closest to weighted ones (pool adjacent violators)."""
    blocks: list[tuple[float, int, int]] = []
    for value, size in zip(values.tolist(), sizes.tolist(), strict=True):
        blocks.append((value, size, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (right, right_size, right_steps), (left, left_size, left_steps) = blocks.pop(), blocks.pop()
            total = right_size + left_size
            blocks.append(((right * right_size + left * left_size) / total, total, right_steps + left_steps))
    return [value for value, _, steps in blocks for _ in range(steps)]
