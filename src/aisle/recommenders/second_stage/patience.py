"""How long shoppers of this shop stay tired of what they were shown in vain, learnt from its own shelves."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Component, NoSettings
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY

Floats = NDArray[np.float64]

HALF_LIVES: Final = (1.0, 2.0, 4.0, 7.0, 14.0, 28.0)
"""Days; one of these is learnt."""

LEAST_CLICKS: Final = 500
"""With fewer clicks on what was shown in vain before, nothing is learnt."""

CERTAIN: Final = 2.0
"""Nor if the effect is within so many standard errors of none."""

LEVELS: Final = 6
"""More visits in vain are taken as so many."""

MOST_VISITS: Final = 30
"""So many of the visits on which a shopper was shown an item count, the first ones."""

_STEPS: Final = 25


class Visits(NamedTuple):
    """The visits on which shoppers were shown items, each (visits,): of each pair together, oldest first."""

    pair: NDArray[np.int64]
    """A number for the shopper and the item together."""
    timestamp: NDArray[np.int64]
    clicked: NDArray[np.bool_]


class Patience(Component[NoSettings]):
    """How fatigue fades; a component of a bundle."""

    name = "patience"

    half_life_: NDArray[np.float32]
    """After so many days a visit in vain counts half, (1,)."""

    def fit(self, visits: Visits) -> Self:
        """Learn from visits.

        Raises
        ------
        NotEnoughData
            If they do not tell.
        """
        learnt = half_life(visits)
        if learnt is None:
            raise NotEnoughData(f"fewer than {LEAST_CLICKS} clicks on what was shown in vain before, or no effect")
        self.half_life_ = np.array([learnt], np.float32)
        return self

    @property
    def half_life(self) -> float:
        """After how many days a visit in vain counts half."""
        return float(self.half_life_[0])


def half_life(visits: Visits) -> float | None:
    """Return which of `HALF_LIVES` tells best when an item is clicked again; None if nothing tells.

    The chance of a click is taken as exp(a_k + c · S) after k visits in vain, where S is what these count by now. Who
    ignored an item k times likes it less, however long ago that was, and a_k is that; only S fades. The half-life is
    that of the largest likelihood (Poisson).
    """
    first = np.append(True, np.diff(visits.pair) != 0)[: len(visits.pair)]
    rank = np.arange(len(first)) - np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    in_vain = _strain(visits, rank, HALF_LIVES[0])[1] > 0
    if np.count_nonzero(visits.clicked & in_vain) < LEAST_CLICKS:
        return None
    found = [(*_fitted(visits, *_strain(visits, rank, days)), days) for days in HALF_LIVES]
    _, z, days = max(found)
    return days if z < -CERTAIN else None


def _strain(visits: Visits, rank: NDArray[np.int64], days: float) -> tuple[Floats, Floats]:
    """Return what the visits in vain before each visit count, and how many these are, (visits,) both."""
    strain, count = np.zeros(len(rank)), np.zeros(len(rank))
    for number in range(1, min(MOST_VISITS, int(rank.max(initial=0)) + 1)):
        here = np.flatnonzero(rank == number)
        fades = np.exp2(-(visits.timestamp[here] - visits.timestamp[here - 1]) / (days * DAY))
        in_vain = ~visits.clicked[here - 1]
        strain[here] = np.where(in_vain, (strain[here - 1] + 1) * fades, 0)
        count[here] = np.where(in_vain, count[here - 1] + 1, 0)
    return strain, count


def _fitted(visits: Visits, strain: Floats, count: Floats) -> tuple[float, float]:
    """Return the likelihood of the best coefficients, and that of the strain in standard errors (Newton's method)."""
    levels = np.minimum(count, LEVELS)[:, None] == np.arange(LEVELS + 1)
    columns = np.concatenate((strain[:, None], levels[:, levels.any(axis=0)]), axis=1)
    clicked = visits.clicked.astype(np.float64)
    weights = np.full(columns.shape[1], np.log(max(clicked.mean(), 1e-9)) if len(clicked) else 0.0)
    weights[0] = 0.0
    curvature = np.eye(len(weights))
    for _ in range(_STEPS):
        expected = np.exp(np.clip(columns @ weights, -30, 5))
        curvature = (columns * expected[:, None]).T @ columns + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(curvature, columns.T @ (clicked - expected))
        weights += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    linear = np.clip(columns @ weights, -30, 5)
    error = np.sqrt(np.linalg.inv(curvature)[0, 0])
    return float((clicked * linear - np.exp(linear)).sum()), float(weights[0] / error)
