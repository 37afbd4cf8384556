"""Exploration: a declared share of a shelf's places shows items of which little is known, each with a known chance.

Who explores learns of items that the model would never show, and leaves a log from which other strategies can be
estimated (`experiments.off_policy`). Both need the exact chance (the propensity) with which each item stands at its
place, so that the draw is one whose chances are known, not a score with noise on top.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]

PRIOR: Final = 5.0
"""The shop's average counts as so many observations of each item."""

EVEN: Final = 0.5
"""So much of the chances is shared out evenly, so that none is so small that nothing could be learnt from it."""

_NODES: Final = 96
_REACH: Final = 4.0
"""The chances are integrated over so many values, up to so many standard deviations on either side."""


class Drawn(NamedTuple):
    """What a draw put on a shelf."""

    places: Places
    """Which places explore, in any order, (explored,)."""
    chosen: Places
    """What stands there, by the place in the pool, (explored,)."""


def thompson(taken: Floats, looked: Floats) -> Floats:
    """Return with which chance each item of a pool is drawn, (pool,): half by Thompson sampling, half evenly.

    Thompson sampling (1933) draws from what may be true of each item's rate, and takes the best: an item is drawn as
    often as it may be the best, and one of which little is known may well be. What may be true of a rate is taken as a
    normal distribution of its logarithmic odds, so that the chance is an integral and need not be simulated.

    Parameters
    ----------
    taken, looked
        How often each item was taken, and was only looked at, (pool,).
    """
    from scipy.special import ndtr  # a shelf that does not explore does without SciPy

    of_shop = (taken.sum() + 1) / (taken.sum() + looked.sum() + 2)
    yes, no = taken + PRIOR * of_shop, looked + PRIOR * (1 - of_shop)
    mean, deviation = np.log(yes / no), np.sqrt(1 / yes + 1 / no)
    values = np.linspace((mean - _REACH * deviation).min(), (mean + _REACH * deviation).max(), _NODES)
    standard = (values - mean[:, None]) / deviation[:, None]
    log_below = np.log(np.maximum(ndtr(standard), 1e-300))
    density = np.exp(-(standard**2) / 2) / deviation[:, None]
    best = (density * np.exp(log_below.sum(axis=0) - log_below)).sum(axis=1)
    chances: Floats = EVEN / len(taken) + (1 - EVEN) * best / best.sum()
    return chances


def bounded(chances: Floats, most: int) -> Floats:
    """Return chances none of which is above 1 / most, so that `most` different items can be drawn, (pool,).

    What is cut off goes to the others, in proportion. The pool has at least `most` items.
    """
    bound = 1 / most
    full = np.zeros(len(chances), np.bool_)
    while (over := ~full & (chances > bound * (1 + 1e-12))).any():
        full |= over
        rest = 1 - full.sum() * bound
        others = chances[~full].sum()
        chances = np.where(full, bound, chances * (rest / others if others > 0 else 0))
    return chances


def most_drawn(share: float, places: int) -> int:
    """Return how many places explore at most."""
    return int(np.ceil(share * places - 1e-9))


def trade(share: float, places: int, random: np.random.Generator) -> tuple[Places, Floats]:
    """Let two places trade now and then, so that the log also tells what an item brings elsewhere on the shelf.

    Any two are as likely, and a share of the places trades on average, or two if that is less than a pair.

    Returns
    -------
    tuple
        What stands on each place, by the place that it had, (places,); and how probable it was that it would stand
        there, (places,).
    """
    stands = np.arange(places)
    if places < 2:
        return stands, np.ones(places)
    happens = min(1.0, share * places / 2)
    if random.random() < happens:
        one, other = random.permutation(places)[:2]
        stands[one], stands[other] = other, one
    at_home = stands == np.arange(places)
    return stands, np.where(at_home, 1 - happens * 2 / places, happens * 2 / (places * (places - 1)))


def draw(chances: Floats, share: float, places: int, random: np.random.Generator) -> Drawn:
    """Draw which places explore, and what stands there.

    As many places explore as the share says on average: 1 or 2 of ten where it is 0.15. Each is as likely as any other,
    and each item of the pool stands on each of them with the chance share · chance.

    Parameters
    ----------
    chances
        Of the items of the pool, as `bounded` returns them for `most_drawn`, (pool,).
    share
        The share of places that explore.
    places
        How many there are.
    """
    wanted = share * places
    count = int(wanted) + int(random.random() < wanted - int(wanted))
    # Systematic sampling (Madow, 1949): items are drawn without repeats, each with exactly count · chance.
    ends = np.append(0.0, np.cumsum(count * chances))
    ends[-1] = count
    steps = np.floor(ends - random.random())
    chosen = np.flatnonzero(np.diff(steps) > 0)
    return Drawn(random.permutation(places)[: len(chosen)], random.permutation(chosen))
