"""What rises: items with more events in the last days than the weeks before them let expect."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Days = Annotated[float, msgspec.Meta(gt=0)]


class TrendingConfig(Config, frozen=True):
    """What is recent, what it is compared with, and what counts as a rise."""

    window_days: Days = 7.0
    """So many last days are judged."""
    baseline_days: Days = 28.0
    """So many days before them say what was to be expected."""
    min_support: Annotated[int, msgspec.Meta(ge=1)] = 5
    """An item with fewer events in the window does not trend."""
    shrinkage: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    """So many events are added to what is expected when the rise is judged: a rise from nothing must be larger than
    chance."""


class Trending(Recommender[TrendingConfig]):
    """The same ranking for everybody, by how surprising an item's rise is.

    With o events in the window and b before it, e = b · Σo / Σb are expected: if the whole shop sells twice as much,
    nothing trends for that. The score is the rise in Poisson standard deviations, (o - e) / √(e + shrinkage). Events
    that speak against an item do not count, and lines without a user count like any other. Items that do not trend
    come after those that do, with scores in [-1, 0), by their events in window and baseline, then by those before: the
    ranking always covers the catalogue.
    """

    name = "trending"
    config_type: ClassVar[type[Config]] = TrendingConfig

    scores_: NDArray[np.float32]
    """The score of each item, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Compare the window with what came before it."""
        config, items = self.config, len(data.items)
        counted = data.log.weight > 0
        age = np.maximum(data.now - data.log.timestamp, 0) / DAY

        def count(youngest: float, oldest: float) -> NDArray[np.int64]:
            return np.bincount(data.log.item[counted & (age >= youngest) & (age < oldest)], minlength=items)

        start = config.window_days + config.baseline_days
        observed, before, long_ago = (
            count(0, config.window_days),
            count(config.window_days, start),
            count(start, np.inf),
        )
        expected = before * (observed.sum() / max(before.sum(), 1))
        rise = (observed - expected) / np.sqrt(expected + config.shrinkage)
        wanted = observed + before + long_ago / (1 + long_ago.max(initial=0))
        rest = wanted / (1 + wanted.max(initial=0)) - 1
        trending = (observed >= config.min_support) & (rise > 0)
        self.scores_ = np.where(trending, rise, rest).astype(np.float32)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for every query, as a read-only view."""
        row = self.scores_ if items is None else self.scores_[items]
        return np.broadcast_to(row, (len(queries), len(row)))

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.scores_)

    def arrays(self) -> dict[str, Array]:
        """Return the scores."""
        return {"scores": self.scores_}

    @classmethod
    def from_arrays(cls, config: TrendingConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its scores."""
        model = cls(config)
        model.scores_ = arrays["scores"]
        return model
