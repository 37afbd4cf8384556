"""What everybody wants: the items with the most events, or the best stars, in a recent window."""

from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.popular.fixed_scores import FixedScores
from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Ranked, Scores
from aisle.recommenders.ranges import Days, Positive
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY


class PopularityConfig(Config, frozen=True):
    """Which events count, and how much."""

    measure: Literal["events", "rating"] = "events"
    """`events`: the sum of their weights; `rating`: the mean of their stars, drawn towards that of the shop."""
    window_days: Days | None = 30.0
    """Only the events of this many last days count; null: all."""
    half_life_days: Days | None = None
    """After this many days an event counts half, on top of the fading of all weights; null: no further fading."""
    per_category: bool = False
    """Whether each category has a ranking of its own, of which a shopper sees as much as their history has of it."""
    prior_ratings: Positive = 10.0
    """The mean of all items counts as this many ratings of each: one lucky vote makes no favourite."""


BACKOFF: Final = 0.1
"""How much the shop's taste for categories counts against the shopper's own."""


class Popularity(FixedScores, Recommender[PopularityConfig]):
    """The same ranking for everybody, or for everybody with the same taste for categories.

    By events, an item's score is Σ w f over its events in the window, with the weights w that `prepare.weigh` gave
    them and f = 2^(-age / half-life). By rating, it is the Bayesian mean (C m + Σ f stars) / (C + Σ f) over its ratings
    in the window, where m is Σ f stars / Σ f over those of all items and C is `prior_ratings`. Lines without a user
    count like any other. Items without a positive score in the window come after these, with scores in [-1, 0), or as
    far below the lowest rating where that is negative, in the order of the weights of all their events: the ranking
    always covers the catalogue.

    Per category, an item's score for a shopper is ((1 - b) a + b p) s / m: its own score s over the best score m in its
    category, times the share a of the category in the shopper's history, shrunk towards its share p in all events
    (b is `BACKOFF`). A shopper without a history gets a = p. `scores_` then holds s / m.
    """

    name = "popularity"

    category_: NDArray[np.int32]
    """The category of each item, (items,); empty unless it counts."""
    shares_: NDArray[np.float32]
    """The share of each category in the events that count, (categories,); empty unless it counts."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Sum the log up.

        Raises
        ------
        NotEnoughData
            If items are ranked by stars, or within categories, and the data has none.
        """
        self.scores_ = self._for_all(data)
        self.category_, self.shares_ = np.zeros(0, np.int32), np.zeros(0, np.float32)
        if self.config.per_category:
            self._within_categories(data)
        return self

    def _for_all(self, data: Interactions) -> NDArray[np.float32]:
        """Return the score of each item, whatever its category."""
        config, items, log = self.config, len(data.items), data.votes
        age = np.maximum(data.now - log.timestamp, 0) / DAY
        fading = np.ones(len(age)) if config.half_life_days is None else np.exp2(-age / config.half_life_days)
        recent = age < (np.inf if config.window_days is None else config.window_days)
        weight = log.weight * fading
        ever = np.maximum(np.bincount(log.item, weight, minlength=items), 0)
        rest = ever / (1 + ever.max(initial=0)) - 1
        if config.measure == "rating":
            return self._stars(log, recent, fading, rest)
        counted = np.bincount(log.item[recent], weight[recent], minlength=items)
        return np.where(counted > 0, counted, rest).astype(np.float32)

    def _within_categories(self, data: Interactions) -> None:
        """Turn the scores into shares of the best of their category, and keep the share of each category."""
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
        log: EventLog,
        recent: NDArray[np.bool_],
        fading: NDArray[np.float64],
        rest: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """Return Bayesian means, and below the lowest rating the scores of items without a rating."""
        rated = ~np.isnan(log.rating)
        if not rated.any():
            raise NotEnoughData('there are no ratings in these events; import stars, or choose measure = "events"')
        lowest = float(log.rating[rated].min())
        counted = recent & rated
        item, weight = log.item[counted], fading[counted]
        votes = np.bincount(item, weight, minlength=len(rest))
        stars = np.bincount(item, weight * log.rating[counted], minlength=len(rest))
        mean = stars.sum() / votes.sum() if votes.any() else lowest
        prior = self.config.prior_ratings
        bayesian = (prior * mean + stars) / (prior + votes)
        return np.where(votes > 0, bayesian, min(lowest, 0.0) + rest).astype(np.float32)

    @property
    def same_for_all(self) -> bool:
        """Whether every query gets the same scores: not by categories."""
        return not self.config.per_category

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for every query, as a read-only view, or one by its taste for categories."""
        if not self.config.per_category:
            return super().score(queries, items)
        row = self.scores_ if items is None else self.scores_[items]
        category = self.category_ if items is None else self.category_[items]
        return np.where(row > 0, self._tastes(queries)[:, category] * row, row)

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""
        if not self.config.per_category:
            return super().retrieve(queries, n, exclude)
        return Recommender.retrieve(self, queries, n, exclude)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query, and the scores of others."""
        return Recommender.scores(self, queries, n) if self.config.per_category else super().scores(queries, n)

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the scores of all items for a single query, or the n best and the scores of others."""
        return Recommender.listing(self, query, n) if self.config.per_category else super().listing(query, n)

    def _tastes(self, queries: QueryBatch) -> NDArray[np.float32]:
        """Return the share of each category in the taste of each query, (queries, categories); rows sum to 1."""
        tastes = np.zeros((len(queries), len(self.shares_)), np.float32)
        np.add.at(
            tastes, (queries.history.queries, self.category_[queries.history.items]), np.maximum(queries.weights, 0)
        )
        total = tastes.sum(axis=1, keepdims=True)
        own = np.divide(tastes, total, out=np.tile(self.shares_, (len(queries), 1)), where=total > 0)
        tastes[:] = (1 - BACKOFF) * own + BACKOFF * self.shares_
        return tastes
