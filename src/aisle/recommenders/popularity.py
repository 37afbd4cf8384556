"""What everybody wants: the items with the largest sum of event weights in a recent window."""

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


class PopularityConfig(Config, frozen=True):
    """Which events count, and how much."""

    window_days: Days | None = 30.0
    """Only the events of so many last days count; null: all."""
    half_life_days: Days | None = None
    """After so many days an event counts half, on top of what its weight has lost already; null: no further fading."""


class Popularity(Recommender[PopularityConfig]):
    """The same ranking for everybody.

    An item's score is Σ w · 2^(-age / half-life) over its events in the window, with the weights that `prepare.weigh`
    gave them; lines without a user count like any other. Items with nothing to their credit in the window come after
    these, with scores in [-1, 0), in the order of what they had before it: the ranking always covers the catalogue.
    """

    name = "popularity"
    config_type: ClassVar[type[Config]] = PopularityConfig

    scores_: NDArray[np.float32]
    """The score of each item, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:  # noqa: ARG002 - nothing is drawn
        """Sum the log up."""
        age = np.maximum(data.now - data.log.timestamp, 0) / DAY
        worth = data.log.weight.astype(np.float64)
        if self.config.half_life_days is not None:
            worth *= np.exp2(-age / self.config.half_life_days)
        recent = age < (np.inf if self.config.window_days is None else self.config.window_days)
        items = len(data.items)
        counted = np.bincount(data.log.item[recent], worth[recent], minlength=items)
        ever = np.maximum(np.bincount(data.log.item, worth, minlength=items), 0)
        rest = ever / (1 + ever.max(initial=0)) - 1
        self.scores_ = np.where(counted > 0, counted, rest).astype(np.float32)
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
    def from_arrays(cls, config: PopularityConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its scores."""
        model = cls(config)
        model.scores_ = arrays["scores"]
        return model
