"""What everybody wants: the items with the most events, or the best stars, in a recent window."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Days = Annotated[float, msgspec.Meta(gt=0)]


class PopularityConfig(Config, frozen=True):
    """Which events count, and how much."""

    measure: Literal["events", "rating"] = "events"
    """`events`: the sum of their weights; `rating`: the mean of their stars, drawn towards that of the shop."""
    window_days: Days | None = 30.0
    """Only the events of so many last days count; null: all."""
    half_life_days: Days | None = None
    """After so many days an event counts half, on top of what its weight has lost already; null: no further fading."""
    per_category: bool = False
    """Whether every category has a ranking of its own, of which a shopper sees as much as their history does."""
    prior_ratings: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    """The mean of all items counts as so many ratings of each: one lucky vote makes no favourite."""


BACKOFF: Final = 0.1
"""How much the shop's taste for categories counts against the shopper's own."""


class Popularity(Recommender[PopularityConfig]):
    """The same ranking for everybody, or for everybody with the same taste for categories.

    By events, an item's score is Σ w f over its events in the window, with the weights w that `prepare.weigh` gave
    them and f = 2^(-age / half-life). By rating, it is the Bayesian mean (C m + Σ f stars) / (C + Σ f) over its ratings
    in the window, where m is Σ f stars / Σ f over those of all items and C is `prior_ratings`. Lines without a user
    count like any other. Items with nothing to their credit in the window come after these, with scores in [-1, 0), or
    as far below the lowest rating where that is negative, in the order of the weights they had before it: the ranking
    always covers the catalogue.

    Per category, an item's score is ((1 - b) a + b p) s / m: what it has itself, s, over the most m that an item of its
    category has, times the share a of the category in the shopper's history, drawn towards its share p in all events
    (b is `BACKOFF`). Whoever has no history sees p.
    """

    name = "popularity"
    config_type: ClassVar[type[Config]] = PopularityConfig

    scores_: NDArray[np.float32]
    """The score of each item, (items,); per category, as a share of the best one's."""
    category_: NDArray[np.int32]
    """The category of each item, (items,); empty unless it counts."""
    shares_: NDArray[np.float32]
    """The share of each category in the events that count, (categories,); empty unless it counts."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Sum the log up.

        Raises
        ------
        NotEnoughData
            If stars are to rank and there are none, or categories are to and there are none.
        """
        self.scores_ = self._for_all(data)
        self.category_, self.shares_ = np.zeros(0, np.int32), np.zeros(0, np.float32)
        if self.config.per_category:
            self._within_categories(data)
        return self

    def _for_all(self, data: "Interactions") -> NDArray[np.float32]:
        """Return the score of each item, whatever its category."""
        config, items = self.config, len(data.items)
        age = np.maximum(data.now - data.log.timestamp, 0) / DAY
        fading = np.ones(len(age)) if config.half_life_days is None else np.exp2(-age / config.half_life_days)
        recent = age < (np.inf if config.window_days is None else config.window_days)
        worth = data.log.weight * fading
        ever = np.maximum(np.bincount(data.log.item, worth, minlength=items), 0)
        rest = ever / (1 + ever.max(initial=0)) - 1
        if config.measure == "rating":
            return self._stars(data, recent, fading, rest)
        counted = np.bincount(data.log.item[recent], worth[recent], minlength=items)
        return np.where(counted > 0, counted, rest).astype(np.float32)

    def _within_categories(self, data: "Interactions") -> None:
        """Turn the scores into shares of the best of their category, and note what each category has in all."""
        if data.category is None:
            raise NotEnoughData("no item has a category; import a catalogue, or leave per_category out")
        self.category_ = data.category
        credit = np.maximum(self.scores_, 0)
        best = np.zeros(int(data.category.max(initial=-1)) + 1, np.float32)
        np.maximum.at(best, data.category, credit)
        known = credit > 0
        self.scores_[known] /= best[data.category[known]]
        total = np.bincount(data.category, credit, minlength=len(best))
        self.shares_ = (total / max(total.sum(), np.finfo(np.float32).tiny)).astype(np.float32)

    def _stars(
        self,
        data: "Interactions",
        recent: NDArray[np.bool_],
        fading: NDArray[np.float64],
        rest: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """Return Bayesian means, and the rest below the lowest rating there is."""
        rated = ~np.isnan(data.log.rating)
        if not rated.any():
            raise NotEnoughData('there are no ratings in these events; import stars, or choose measure = "events"')
        lowest = float(data.log.rating[rated].min())
        counted = recent & rated
        item, weight = data.log.item[counted], fading[counted]
        votes = np.bincount(item, weight, minlength=len(rest))
        stars = np.bincount(item, weight * data.log.rating[counted], minlength=len(rest))
        mean = stars.sum() / votes.sum() if votes.any() else lowest
        prior = self.config.prior_ratings
        bayesian = (prior * mean + stars) / (prior + votes)
        return np.where(votes > 0, bayesian, min(lowest, 0.0) + rest).astype(np.float32)

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for every query, as a read-only view, or one by its taste for categories."""
        row = self.scores_ if items is None else self.scores_[items]
        if not self.config.per_category:
            return np.broadcast_to(row, (len(queries), len(row)))
        category = self.category_ if items is None else self.category_[items]
        return np.where(row > 0, self._tastes(queries)[:, category] * row, row)

    def _tastes(self, queries: QueryBatch) -> NDArray[np.float32]:
        """Return how much each query is for each category, (queries, categories); rows sum to 1."""
        tastes = np.zeros((len(queries), len(self.shares_)), np.float32)
        np.add.at(
            tastes, (queries.history.queries, self.category_[queries.history.items]), np.maximum(queries.weights, 0)
        )
        total = tastes.sum(axis=1, keepdims=True)
        own = np.divide(tastes, total, out=np.tile(self.shares_, (len(queries), 1)), where=total > 0)
        tastes[:] = (1 - BACKOFF) * own + BACKOFF * self.shares_
        return tastes

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.scores_)

    def arrays(self) -> dict[str, Array]:
        """Return the scores, and the categories where they count."""
        return {"scores": self.scores_, "category": self.category_, "shares": self.shares_}

    @classmethod
    def from_arrays(cls, config: PopularityConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its scores and categories."""
        model = cls(config)
        model.scores_, model.category_, model.shares_ = arrays["scores"], arrays["category"], arrays["shares"]
        return model
