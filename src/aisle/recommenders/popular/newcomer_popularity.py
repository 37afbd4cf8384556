"""What shoppers take on their first day: the shelf for anybody of whom nothing is known."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.votes import counted
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.popular.fixed_scores import FixedScores
from aisle.recommenders.ranges import Days, NotNegative
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY


class NewcomerPopularityConfig(Config, frozen=True):
    """How fast first days fade, and how much the events of all other days count beside them."""

    half_life_days: Days = 28.0
    """After this many days an event counts half, on top of the fading of all weights: seasons pass."""
    prior: NotNegative = 100.0
    """The popularity among all shoppers counts as this many events of newcomers."""


class NewcomerPopularity(FixedScores, Recommender[NewcomerPopularityConfig]):
    """The same ranking for everybody: what newcomers take, who differ from regular shoppers.

    An item's score is f + prior · a / Σa, where f is the sum of the faded weights of its events on the first day (UTC)
    of a shopper, each kind once, and a that of all its events. Lines without a user count in a alone.
    """

    name = "newcomer_popularity"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Sum the log up."""
        log, items = data.votes, len(data.items)
        fading = np.exp2((log.timestamp - data.now) / (self.config.half_life_days * DAY))

        def popularity(chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
            return np.maximum(np.bincount(log.item[chosen], (log.weight * fading)[chosen], minlength=items), 0)

        first_times = _on_first_day(log, len(data.users)) & counted(log, 1)
        first_times = _on_first_day(log, len(data.users)) & counted(log, 1)
        everybody, newcomers = popularity(slice(None)), popularity(first_times)
        share = everybody / max(everybody.sum(), np.finfo(np.float32).tiny)
        self.scores_ = (newcomers + self.config.prior * share).astype(np.float32)
        return self


def _on_first_day(log: EventLog, users: int) -> NDArray[np.bool_]:
    """Return which events are of the first day on which their shopper was seen, (events,)."""
    known = log.user != UNKNOWN
    day = log.timestamp // DAY
    first = np.full(users + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, log.user[known], day[known])
    # The place past the last user is that of UNKNOWN, which is -1; no event is compared with it.
    return np.asarray(known & (day == first[log.user]))
