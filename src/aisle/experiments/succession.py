"""Whether a live model has fallen behind the one before it, asked every day without being fooled by chance.

The two were not shown at the same time, so that a season or a sale can look like a model: only a loss that is larger
than `MARGIN` for certain counts.
"""

from typing import Final

import msgspec
import numpy as np

from aisle.experiments.statistics.differences import relative
from aisle.experiments.statistics.estimates import plain
from aisle.experiments.statistics.samples import Floats, Sample, values_of
from aisle.experiments.statistics.sequential import always_valid

MARGIN: Final = 0.05
"""A smaller share of clicks may be lost to the season."""

LEAST_CLICKS: Final = 100
"""With fewer clicks on either model's shelves nothing is compared."""


class Succession(msgspec.Struct, frozen=True):
    """How a model does beside the one before it."""

    before: float
    """Clicks per place on the shelves of the model before."""
    now: float
    change: float
    """As a share of what was before, with an interval that holds however often it is looked at."""
    low: float
    high: float

    @property
    def has_fallen_behind(self) -> bool:
        """Whether the model loses more than the margin, for certain."""
        return self.high < -MARGIN


def succession(before: tuple[Floats, Floats], now: tuple[Floats, Floats]) -> Succession | None:
    """Compare the clicks on a model's shelves with those on the shelves of the model before; None if there are too few.

    Parameters
    ----------
    before, now
        The clicks and the places of each shopper, (shoppers,) both.
    """
    if min(before[0].sum(), now[0].sum()) < LEAST_CLICKS or min(len(before[0]), len(now[0])) < 2:
        return None
    old, new = (plain(Sample.of(values_of(clicks, places))) for clicks, places in (before, now))
    difference = relative(old, new)
    # The interval is narrowest when the model has met as many shoppers as the one before.
    interval = always_valid(difference, np.asarray(len(now[0]) / len(before[0])))
    return Succession(
        float(old.value), float(new.value), float(difference.value), float(interval.low), float(interval.high)
    )
