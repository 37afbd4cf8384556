"""How much bad news counts: the weights of refunds and of ratings, as the shop's own shoppers say."""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.evaluation.compare import Finding, compare
from aisle.prepare.weigh import Weights

STRENGTHS: Final = {"refund": (0.5, 1.0, 1.5, 2.0, 3.0), "rate": (0.0, 0.5, 1.0, 2.0, 3.0)}
"""What is tried for each weight, in the order in which they are settled."""


def learn_weights(weights: Weights, figures: Callable[[Weights], NDArray[np.float64]], *, seed: int) -> Weights:
    """Return the weights with the strengths of refunds and ratings that serve shoppers best.

    One weight after the other is tried at each of its `STRENGTHS`. The one of the highest mean takes the place of the
    given one if it is better beyond chance: a shop with few refunds keeps what its settings say.

    Parameters
    ----------
    weights
        What the settings say.
    figures
        How recipes with some weights serve the shoppers of a validation window: a figure of each, higher is better, of
        the same shoppers in the same order, (shoppers,); NaN where there is none. Never those of a test window.
    seed
        Draws the intervals.
    """
    for name, strengths in STRENGTHS.items():
        current = figures(weights)
        if np.isnan(current).all():
            return weights
        others = [msgspec.structs.replace(weights, **{name: one}) for one in strengths if one != getattr(weights, name)]
        measured = [figures(one) for one in others]
        best = int(np.argmax([np.nanmean(one) for one in measured]))
        if compare(current, measured[best], seed=seed).finding is Finding.BETTER:
            weights = others[best]
    return weights
