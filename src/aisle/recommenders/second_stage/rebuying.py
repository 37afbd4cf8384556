"""What shoppers of this shop buy again: which kinds of items, after how long, and how often beside all that they buy.

An item is taken by an event of the log's target kind, such as a purchase. The facts of an item with little evidence
are shrunk towards those of its category, and these towards the shop's.
"""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.second_stage.item_state import PRIOR, distinct_pairs, target_kind
from aisle.shop.events import KIND_CODES
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

WINDOW_DAYS: Final = 28
WINDOWS: Final = 3
"""The share of repeats is measured on so many past windows, each of so many days."""

MIN_RATE: Final = 0.12
"""A category is bought again if at least this share of the buyers of its items bought the same item again."""

MIN_REBUYERS: Final = 2
"""And at least so many shoppers did."""

DUE_FROM: Final = 0.5
"""An item is due when this share of the days has passed after which people usually buy it again."""

JUST_BOUGHT: Final = 0.05
"""Until this share of these days has passed, it was only just bought."""


class Rebuying(Component[NoSettings]):
    """How items are bought again; a component of a bundle, as recommenders are."""

    name = "rebuying"

    share_: Floats
    """The share of repeats among what returning shoppers took in past windows, (1,); NaN where none took anything."""
    least_: Floats
    """The least share of places that repeats have on a shelf, (1,), as the cost of less was measured."""
    rate_: Floats
    """The share of an item's buyers who took it on two days or more, (items,)."""
    interval_: Floats
    """The usual days between two days on which a shopper took it, (items,)."""
    again_: NDArray[np.bool_]
    """Whether it is of a category that people buy again, (items,)."""

    def fit(self, data: Interactions, category: Ints) -> Self:
        """Count who took what on several days.

        Parameters
        ----------
        category
            The number of each item's category, or `UNKNOWN`, (items,).
        """
        log, items = data.log, len(data.items)
        taken = (log.kind == KIND_CODES[target_kind(log)]) & (log.weight > 0) & (log.user != UNKNOWN) & log.counts
        pair = log.user[taken] * np.int64(items) + log.item[taken]
        self.share_ = np.array([_share_of_repeats(pair, items, log.timestamp[taken], data.now)], np.float32)
        self.least_ = np.zeros(1, np.float32)
        pair, day = distinct_pairs(pair, log.timestamp[taken] // DAY)
        first = np.append(True, np.diff(pair) != 0)[: len(pair)]
        again = np.flatnonzero(~first)
        buyers = np.bincount(pair[first] % items, minlength=items)
        rebuyers = np.bincount(np.unique(pair[again]) % items, minlength=items)
        gaps = np.bincount(pair[again] % items, np.log(day[again] - day[again - 1]), minlength=items)
        repeats = np.bincount(pair[again] % items, minlength=items)
        self.rate_ = _shrunk(rebuyers, buyers, category)
        self.interval_ = np.exp(_shrunk(gaps, repeats, category))
        needed = np.maximum(MIN_REBUYERS, MIN_RATE * _per_category(buyers, category))
        self.again_ = _per_category(rebuyers, category) >= needed
        return self

    @property
    def share(self) -> float:
        """The share of repeats among what shoppers take next; 1, which bounds nothing, where it could not be learnt."""
        share = float(self.share_[0])
        return share if np.isfinite(share) else 1.0

    @property
    def allowed(self) -> float:
        """The share of places that repeats may have: `share`, or more where that would cost too much."""
        return max(self.share, float(self.least_[0]))

    def with_least(self, least: float) -> Self:
        """Return the same with another least share of places for repeats."""
        other = type(self).from_arrays(self.config, self.arrays())
        other.least_ = np.array([least], np.float32)
        return other

    def due(self, items: Ints, days: NDArray[np.float64], part: float = DUE_FROM) -> NDArray[np.bool_]:
        """Return which items are of a category that people buy again, and were taken long enough ago, (items,).

        Parameters
        ----------
        items, days
            Items, and the days since the shopper took each last.
        part
            The part of the usual days that must have passed.
        """
        due: NDArray[np.bool_] = self.again_[items] & (days >= part * self.interval_[items])
        return due


def _share_of_repeats(pair: NDArray[np.int64], items: int, moment: NDArray[np.int64], now: int) -> float:
    """Return the share of pairs in past windows that their shopper took before, of shoppers who took anything before.

    The pairs of a window count once. Shoppers without an earlier event are skipped: nothing can be a repeat for them.
    """
    taken = repeats = 0
    for window in range(WINDOWS):
        end = now - window * WINDOW_DAYS * DAY
        before = moment < end - WINDOW_DAYS * DAY
        inside = np.unique(pair[~before & (moment < end)])
        inside = inside[np.isin(inside // items, pair[before] // items)]
        taken += len(inside)
        repeats += int(np.isin(inside, pair[before]).sum())
    return repeats / taken if taken else float("nan")


def _per_category(values: NDArray[np.number], category: Ints) -> NDArray[np.float64]:
    """Return the sum of an item's category for each item, (items,); items without a category have one together."""
    number = category - np.int32(UNKNOWN)
    sums: NDArray[np.float64] = np.bincount(number, values.astype(np.float64), minlength=1)[number]
    return sums


def _shrunk(total: NDArray[np.number], count: NDArray[np.number], category: Ints) -> Floats:
    """Return total / count of each item, shrunk towards that of its category, and this towards the shop's."""
    mean = total.sum() / max(count.sum(), 1)
    of_category = (_per_category(total, category) + PRIOR * mean) / (_per_category(count, category) + PRIOR)
    shrunk: Floats = ((total + PRIOR * of_category) / (count + PRIOR)).astype(np.float32)
    return shrunk
