"""A made-up shop window whose truth is known: what shoppers of two tastes click on three places, and two strategies."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.experiments.off_policy import Logged
from aisle.experiments.reward_model import expected_rewards

ITEMS: Final = 10
POSITIONS: Final = 3

_EXAMINED: Final = np.array([1.0, 0.7, 0.5])
"""How many shoppers look at each position."""
_fixed = np.random.default_rng(1)
_LIKED: Final = _fixed.uniform(0.05, 0.4, ITEMS)
_SHOWN: Final = 0.7 * _fixed.dirichlet(np.full(ITEMS, 3.0), POSITIONS) + 0.3 / ITEMS
"""How probable each item is at each position in the log, (positions, items)."""


class Bandit(NamedTuple):
    """A log and what the new strategy would truly bring per place."""

    logged: Logged
    truth: float


def draw(seed: int, shelves: int = 2000) -> Bandit:
    """Show shelves to as many shoppers and note what they click.

    The new strategy shows one of the tastes what is liked most, and the other one a fixed row of items.
    """
    random = np.random.default_rng(seed)
    position = np.tile(np.arange(POSITIONS), shelves)
    shopper = np.repeat(np.arange(shelves), POSITIONS)
    taste = np.repeat(random.integers(0, 2, shelves), POSITIONS)
    drawn = random.random(len(position))[:, None]
    item = np.minimum((drawn > _SHOWN.cumsum(axis=1)[position]).sum(axis=1), ITEMS - 1)
    reward = (random.random(len(position)) < _chance(item, position, taste)).astype(np.float64)
    target = _target(position, taste)
    expected = expected_rewards(item, position, reward, shopper, target)
    shown = _SHOWN[position, item]
    logged = Logged(reward, shown, (item == target).astype(np.float64), position, shopper, *expected)
    everywhere, tastes = np.tile(np.arange(POSITIONS), 2), np.repeat([0, 1], POSITIONS)
    truth = float(_chance(_target(everywhere, tastes), everywhere, tastes).mean())
    return Bandit(logged, truth)


def _chance(item: NDArray[np.int64], position: NDArray[np.int64], taste: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how probable a click is: the second taste likes every third item more, which the model cannot know."""
    chance: NDArray[np.float64] = _EXAMINED[position] * _LIKED[item] * np.where((taste == 1) & (item % 3 == 0), 1.8, 1)
    return chance


def _target(position: NDArray[np.int64], taste: NDArray[np.int64]) -> NDArray[np.int64]:
    best = np.argsort(-_LIKED)
    return np.where(taste == 1, position * 3 % ITEMS, best[position])
