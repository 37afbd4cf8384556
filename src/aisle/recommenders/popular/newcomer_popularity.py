"""What shoppers take on their first day: the shelf for anybody of whom nothing is known."""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.votes import counted
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.popular.fixed_scores import FixedScores
from aisle.recommenders.ranges import Days, NotNegative
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

RISE: Final = 2.0
"""What newcomers took of an item in a week counts at most so many times as what they took of any in the best of the
`WEEKS` before: a crowd of fake shoppers comes at once.

Of twelve months of three shops, new shoppers found less on their shelf in one for it, by .03 of .50, and the same as
without the bound in all others (2026-11-29).
"""

WEEKS: Final = 4

WEEKS_BOUNDED: Final = 26
"""Older weeks are faded, and count as they are."""

_WEEK: Final = 7 * DAY


class NewcomerPopularityConfig(Config, frozen=True):
    """How fast first days fade, and how much the events of all other days count beside them."""

    half_life_days: Days = 28.0
    """After this many days an event counts half, on top of the fading of all weights: seasons pass."""
    prior: NotNegative = 100.0
    """The popularity among all shoppers counts as this many events of newcomers."""


class NewcomerPopularity(FixedScores, Recommender[NewcomerPopularityConfig]):
    """The same ranking for everybody: what newcomers take, who differ from regular shoppers.

    An item's score is f + prior · a / Σa, where f is the sum of the faded weights of its events on the first day (UTC)
    of a shopper, each kind once, and a that of all its events. Lines without a user count in a alone. A week in which
    an item was taken far more often than any before counts in part, see `RISE`.
    """

    name = "newcomer_popularity"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Sum the log up."""
        log, items = data.votes, len(data.items)
        fading = np.exp2((log.timestamp - data.now) / (self.config.half_life_days * DAY))

        def popularity(weight: NDArray[np.floating]) -> NDArray[np.float64]:
            return np.maximum(np.bincount(log.item, weight * fading, minlength=items), 0)

        first_times = log.weight * (_on_first_day(log, len(data.users)) & counted(log, 1))
        everybody, newcomers = popularity(log.weight), popularity(_bounded(log, first_times, data.now, items))
        share = everybody / max(everybody.sum(), np.finfo(np.float32).tiny)
        self.scores_ = (newcomers + self.config.prior * share).astype(np.float32)
        return self


def _bounded(log: EventLog, weight: NDArray[np.float32], now: int, items: int) -> NDArray[np.float64]:
    """Return the weights of events, those of a sudden rise in part, (events,)."""
    age = np.minimum((now - 1 - log.timestamp) // _WEEK, WEEKS_BOUNDED + WEEKS)
    taken = np.zeros((items, WEEKS_BOUNDED + WEEKS + 1))
    np.add.at(taken, (log.item, age), weight)
    # Of a week with fewer than four whole ones before it, nobody can say whether it is a rise.
    weeks = min(max(int(age.max(initial=0)) - WEEKS, 0), WEEKS_BOUNDED)
    share = np.ones_like(taken)
    for week in range(weeks):
        most = RISE * taken[:, week + 1 : week + 1 + WEEKS].max()
        if most > 0:
            share[:, week] = most / np.maximum(taken[:, week], most)
    return weight * share[log.item, age]


def _on_first_day(log: EventLog, users: int) -> NDArray[np.bool_]:
    """Return which events are of the first day on which their shopper was seen, (events,)."""
    known = log.user != UNKNOWN
    day = log.timestamp // DAY
    first = np.full(users + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, log.user[known], day[known])
    # The place past the last user is that of UNKNOWN, which is -1; no event is compared with it.
    return np.asarray(known & (day == first[log.user]))
