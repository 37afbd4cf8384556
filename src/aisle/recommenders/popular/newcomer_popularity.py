"""What shoppers take on their first day: the shelf for whoever nothing is known of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    from aisle.prepare.interactions import EventLog, Interactions

Days = Annotated[float, msgspec.Meta(gt=0)]


class NewcomerPopularityConfig(Config, frozen=True):
    """How fast first days fade, and what everybody else's events weigh beside them."""

    half_life_days: Days = 28.0
    """After so many days an event counts half, on top of the fading of all weights: seasons pass."""
    prior: Annotated[float, msgspec.Meta(ge=0)] = 100.0
    """What all shoppers take counts as so many events of newcomers."""


class NewcomerPopularity(Recommender[NewcomerPopularityConfig]):
    """The same ranking for everybody: what newcomers take, who are not as regulars are.

    An item's score is f + prior · a / Σa, where f is the sum of the faded weights of its events on the first day (UTC)
    of a shopper, and a that of all its events. Lines without a user count in a alone.
    """

    name = "newcomer_popularity"
    config_type: ClassVar[type[Config]] = NewcomerPopularityConfig

    scores_: NDArray[np.float32]
    """The score of each item, (items,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Sum the log up."""
        log, items = data.log, len(data.items)
        fresh = np.exp2((log.timestamp - data.now) / (self.config.half_life_days * DAY))

        def worth(chosen: NDArray[np.bool_] | slice) -> NDArray[np.float64]:
            return np.maximum(np.bincount(log.item[chosen], (log.weight * fresh)[chosen], minlength=items), 0)

        everybody, newcomers = worth(slice(None)), worth(_on_first_day(log, len(data.users)))
        share = everybody / max(everybody.sum(), np.finfo(np.float32).tiny)
        self.scores_ = (newcomers + self.config.prior * share).astype(np.float32)
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
    def from_arrays(cls, config: NewcomerPopularityConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its scores."""
        model = cls(config)
        model.scores_ = arrays["scores"]
        return model


def _on_first_day(log: "EventLog", users: int) -> NDArray[np.bool_]:
    """Return which events are of the first day on which their shopper was seen, (events,)."""
    known = log.user != UNKNOWN
    day = log.timestamp // DAY
    first = np.full(users + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, log.user[known], day[known])
    # The place past the last user is that of UNKNOWN, which is -1, and is never reached.
    return np.asarray(known & (day == first[log.user]))
