"""What an item is expected to bring at a position: the model behind the direct and the doubly robust estimates."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS: Final = 2
"""What is expected of a shopper's places is learnt from other shoppers."""

PRIOR: Final = 50.0
"""The mean of a position counts as so many places of each item."""


def expected_rewards(
    item: Ints, position: Ints, reward: Floats, shopper: Ints, target_item: Ints
) -> tuple[Floats, Floats]:
    """Return what is expected of each place's own item, and of the item that the new strategy would show there.

    An item brings the mean of its position times how much more or less than others it brings, which is shrunk towards
    1. Each half of the shoppers is told by the other half, so that no reward explains itself.

    Parameters
    ----------
    item, position, reward, shopper
        The places that were shown, (places,); items are numbers from 0.
    target_item
        What the new strategy would show, (places,); below 0 where it shows nothing, which brings nothing.
    """
    expected, of_target = np.zeros(len(reward)), np.zeros(len(reward))
    fold = shopper % FOLDS
    for one in range(FOLDS):
        mine, others = fold == one, fold != one
        base, lift = _learnt(item[others], position[others], reward[others], item, position, target_item)
        expected[mine] = base[position[mine]] * lift[item[mine]]
        shown = np.maximum(target_item[mine], 0)
        of_target[mine] = np.where(target_item[mine] >= 0, base[position[mine]] * lift[shown], 0.0)
    return expected, of_target


def _learnt(
    item: Ints, position: Ints, reward: Floats, every_item: Ints, every_position: Ints, target_item: Ints
) -> tuple[Floats, Floats]:
    """Return the mean reward of each position, and the factor of each item."""
    items = 1 + int(max(every_item.max(initial=0), target_item.max(initial=0)))
    positions = 1 + int(every_position.max(initial=0))
    mean = float(reward.mean()) if len(reward) else 0.0
    base = (np.bincount(position, reward, positions) + PRIOR * mean) / (
        np.bincount(position, minlength=positions) + PRIOR
    )
    usual = np.bincount(item, base[position], items)
    lift = (np.bincount(item, reward, items) + PRIOR * mean) / (usual + PRIOR * mean) if mean else np.ones(items)
    return base, lift
