"""What rises: items with more events in the last days than the weeks before lead to expect."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.popular.fixed_scores import FixedScores
from aisle.recommenders.ranges import AtLeastOne, Days, Positive
from aisle.shop.moments import DAY


class TrendingConfig(Config, frozen=True):
    """What is recent, what it is compared with, and what counts as a rise."""

    window_days: Days = 7.0
    """The length of the window that is judged: the last days."""
    baseline_days: Days = 28.0
    """The length of the baseline before it, which says how many events to expect."""
    min_support: AtLeastOne = 5
    """An item with fewer events in the window does not trend."""
    shrinkage: Positive = 5.0
    """Added to the expected events when the rise is judged: a rise from nothing must be larger than chance."""


class Trending(FixedScores, Recommender[TrendingConfig]):
    """The same ranking for everybody, by how surprising an item's rise is.

    With o events in the window and b in the baseline, e = b · Σo / Σb are expected: if the whole shop sells twice as
    much, nothing trends for that. The score is the rise in Poisson standard deviations, (o - e) / √(e + shrinkage).
    Events that speak against an item do not count, and lines without a user count like any other. Items that do not
    trend come after those that do, with scores in [-1, 0), by their events in window and baseline, then by those before
    them: the ranking always covers the catalogue.
    """

    name = "trending"

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Compare the window with the baseline."""
        config, items, log = self.config, len(data.items), data.votes
        counted = log.weight > 0
        age = np.maximum(data.now - log.timestamp, 0) / DAY

        def count(youngest: float, oldest: float) -> NDArray[np.int64]:
            return np.bincount(log.item[counted & (age >= youngest) & (age < oldest)], minlength=items)

        start = config.window_days + config.baseline_days
        observed, before = count(0, config.window_days), count(config.window_days, start)
        long_ago = count(start, np.inf)
        expected = before * (observed.sum() / max(before.sum(), 1))
        rise = (observed - expected) / np.sqrt(expected + config.shrinkage)
        wanted = observed + before + long_ago / (1 + long_ago.max(initial=0))
        rest = wanted / (1 + wanted.max(initial=0)) - 1
        trending = (observed >= config.min_support) & (rise > 0)
        self.scores_ = np.where(trending, rise, rest).astype(np.float32)
        return self
