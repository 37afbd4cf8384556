"""How often each place of a shelf is looked at, beside the first, learnt from what the shop's own shoppers clicked.

Clicks alone do not tell: good items stand at the top, which is clicked for both reasons. The score that the model gave
an item when it was shown stands for how well it suits the shopper; places are compared at equal scores. It is the
regression of Wang et al. (Position Bias Estimation for Unbiased Learning to Rank in Personal Search, WSDM 2018) with
groups of about equal scores in place of a regression.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.shown import NEVER, ShownPlaces
from aisle.shop.errors import NotEnoughData

Floats = NDArray[np.float64]

PLACES: Final = 20
"""So many places are told apart; further ones are looked at as often as the last of them."""

GROUPS: Final = 30
"""So many groups of about equal scores are formed."""

LEAST_CLICKS: Final = 500
"""With fewer clicks nothing is learnt."""

_STEPS: Final = 200
_FEWEST: Final = 1e-9


def examination(shown: ShownPlaces) -> Floats:
    """Return how often each of the first `PLACES` is looked at, not increasing, beginning with 1, (places,).

    A place at which nothing was shown is looked at as often as the one before it.

    Raises
    ------
    NotEnoughData
        If there are fewer than `LEAST_CLICKS` clicks on items with scores, or none on the first place.
    """
    scored = np.isfinite(shown.score)
    clicked = (shown.clicked_at != NEVER)[scored]
    place = places_of(shown)[scored]
    if np.count_nonzero(clicked) < LEAST_CLICKS or not clicked[place == 0].any():
        raise NotEnoughData(f"fewer than {LEAST_CLICKS} clicks tell how often places are looked at")
    score = shown.score[scored]
    group = np.searchsorted(np.quantile(score, np.arange(1, GROUPS) / GROUPS), score)
    views, clicks = np.zeros((GROUPS, PLACES)), np.zeros((GROUPS, PLACES))
    np.add.at(views, (group, place), 1.0)
    np.add.at(clicks, (group, place), clicked)
    return _falling(_of_places(views, clicks), clicks.sum(axis=0), views.sum(axis=0))


def places_of(shown: ShownPlaces) -> NDArray[np.int64]:
    """Return the number of each place, from 0 to the last that is told apart."""
    return np.minimum(shown.position.astype(np.int64), PLACES) - 1


def _of_places(views: Floats, clicks: Floats) -> Floats:
    """Return the rates of places, (places,): clicks are Poisson with views · rate of the group · rate of the place.

    The likelihood is largest where both kinds of rates give their sums of clicks, which is found in turns.
    """
    rates = np.ones(views.shape[1])
    for _ in range(_STEPS):
        of_groups = clicks.sum(axis=1) / np.maximum(views @ rates, _FEWEST)
        rates = clicks.sum(axis=0) / np.maximum(of_groups @ views, _FEWEST)
        rates /= rates[0]
    return rates


def _falling(rates: Floats, clicks: Floats, views: Floats) -> Floats:
    """Return rates that do not increase, each the mean of its neighbours where it would, weighed by clicks."""
    from scipy.optimize import isotonic_regression

    known = np.flatnonzero(views > 0)
    falling = isotonic_regression(rates[known], weights=clicks[known] + 1, increasing=False).x
    filled = falling[np.searchsorted(known, np.arange(len(rates)), side="right") - 1]
    levels: Floats = filled / filled[0]
    return levels
