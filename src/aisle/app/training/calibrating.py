"""Calibrates chances on the held-out weeks, over all shoppers asked, and says how far they can be believed."""

from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.training.fitting import Fitted
from aisle.engine.ranking.chances import PLACES, facts
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.evaluation.bootstrap import Interval, interval, resampled_means
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.queries import query_batch
from aisle.kernels.threads import blas_alone
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.calibration import Calibration
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import UNKNOWN

SHOPPERS: Final = 4000
"""So many random shoppers are asked, buyers or not."""

FOLDS: Final = 10
"""The chances of each of so many parts of the shoppers are learnt from the other parts."""

BINS: Final = 10
"""Chances are compared with what was observed in so many equal bins."""

WITHIN: Final = (0.8, 1.25)
"""Nothing is stated if observed over stated lies, beyond chance, outside of these in any bin."""


class Bin(msgspec.Struct, frozen=True):
    """A tenth of the recommended items, those with similar chances."""

    stated: float
    """The mean of their chances."""
    observed: float
    """The share of them that was taken."""
    ratio: Interval
    """Observed over stated."""

    @property
    def off(self) -> bool:
        """Whether the two differ by more than chance allows."""
        return self.ratio.high < WITHIN[0] or self.ratio.low > WITHIN[1]


class Reliability(msgspec.Struct, frozen=True):
    """How chances compare with what shoppers did, each tenth of the shoppers judged by what the others taught.

    Attributes
    ----------
    shoppers
        How many shoppers were asked, whether or not they took anything.
    days
        Within how many days an item is taken.
    bins
        From the smallest chances to the largest.
    brier
        The mean squared error of the chances.
    better
        By how much that is smaller than the error of one constant chance for all.
    """

    shoppers: int
    days: float
    bins: list[Bin]
    brier: float
    better: Interval

    @property
    def problem(self) -> str | None:
        """Why the chances cannot be believed; None if they can."""
        number, off = next(((number, one.ratio) for number, one in enumerate(self.bins, 1) if one.off), (0, None))
        if off is not None:
            return (
                f"what was observed is {off.value:.2f} ({off.low:.2f} to {off.high:.2f}) times what was stated in "
                f"tenth {number}"
            )
        return None if self.better.low > 0 else "they are no better than one constant"


class Places(NamedTuple):
    """The first places of the shelves of the shoppers asked, (places,) or (places, facts)."""

    facts: NDArray[np.float64]
    owner: NDArray[np.int64]
    wanted: NDArray[np.bool_]


class Calibrated(NamedTuple):
    """The outcome of a calibration."""

    calibration: Calibration | None
    """None if chances cannot be stated."""
    reliability: Reliability | None
    problem: str | None


@blas_alone()
def calibrate(fitted: Fitted, holdout: Holdout, seed: int) -> Calibrated:
    """Learn chances from the shelves that models of the past would have shown when the held-out weeks began."""
    hybrid = fitted.retrieval.personal
    if not isinstance(hybrid, Hybrid) or hybrid.ranker is None:
        return Calibrated(None, None, "only a ranker's scores are turned into chances")
    try:
        places = asked(hybrid, holdout, seed)
        calibration = Calibration(NoSettings()).fit(places.facts, places.wanted, holdout.window.days)
        checked = check(places, calibration)
    except NotEnoughData as error:
        return Calibrated(None, None, str(error))
    return Calibrated(None if checked.problem else calibration, checked, checked.problem)


def asked(hybrid: Hybrid, holdout: Holdout, seed: int) -> Places:
    """Fill the shelves of random shoppers with a history, and look up what they took in the held-out weeks."""
    train = holdout.train
    users = np.sort(np.random.default_rng(seed).permutation(len(train.users))[:SHOPPERS]).astype(np.int32)
    shelves = query_batch(train, users)
    kept = np.flatnonzero(np.diff(profiles_of(shelves).indptr) > 0)
    queries, users = shelves.take(kept), users[kept]
    ranked = hybrid.retrieve(queries, PLACES)
    owner, place = np.nonzero(ranked.items >= 0)
    scores = ranked.scores[owner, place].astype(np.float64)
    known = np.flatnonzero(holdout.users != UNKNOWN)
    taken = holdout.truth.take(known)
    pairs = holdout.users[known][taken.queries] * np.int64(len(train.items)) + taken.items
    wanted = np.isin(users[owner] * np.int64(len(train.items)) + ranked.items[owner, place], pairs)
    return Places(facts(scores, place + 1, owner, profiles_of(queries)), owner, wanted)


def check(places: Places, calibration: Calibration) -> Reliability:
    """State the chances of some shoppers as learnt from all others, and compare; bins are by the final chances.

    Raises
    ------
    NotEnoughData
        If too few items were taken.
    """
    fold = places.owner % FOLDS
    stated = np.empty(len(fold))
    for number in range(FOLDS):
        here = fold == number
        others = Calibration(NoSettings()).fit(places.facts[~here], places.wanted[~here], calibration.days)
        stated[here] = others.chances(places.facts[here])
    return reliability(stated, calibration.chances(places.facts), places, calibration.days)


def reliability(stated: NDArray[np.float64], final: NDArray[np.float64], places: Places, days: float) -> Reliability:
    """Compare the stated chances of places, all above 0, with what was taken, in bins by their final chances."""
    _, shopper = np.unique(places.owner, return_inverse=True)
    # Equal chances are shuffled: the order of places says something itself.
    order = np.lexsort((np.random.default_rng(0).permutation(len(final)), final))
    bins = [_bin(stated[part], places.wanted[part], shopper[part]) for part in np.array_split(order, BINS)]
    constant = places.wanted.mean()
    errors = (stated - places.wanted) ** 2
    gained = (constant - places.wanted) ** 2 - errors
    counts = np.bincount(shopper).astype(np.float64)
    sums = np.stack((np.bincount(shopper, gained).astype(np.float64), counts))
    means = resampled_means(sums, 0)
    better = interval(float(gained.mean()), means[0] / means[1])
    return Reliability(sums.shape[1], days, bins, float(errors.mean()), better)


def _bin(stated: NDArray[np.float64], wanted: NDArray[np.bool_], shopper: NDArray[np.int64]) -> Bin:
    """Compare some places, drawing their shoppers over and over, among them one who takes another item.

    Without that one, a bin in which nothing was taken would be sure of it.
    """
    _, of_shopper = np.unique(shopper, return_inverse=True)
    beyond = np.bincount(of_shopper, wanted - stated).astype(np.float64)
    drawn = resampled_means(beyond[None], 0, ((1.0,),))[0] * len(beyond)
    ratio = float(wanted.sum() / stated.sum())
    return Bin(float(stated.mean()), float(wanted.mean()), interval(ratio, 1 + drawn / stated.sum()))
