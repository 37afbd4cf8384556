"""Evaluate a fitted recommender on a held-out window."""

import time
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.evaluation.beyond import Beyond
from aisle.evaluation.bootstrap import Interval, mean_interval
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.segments import Segments
from aisle.evaluation.stars import StarErrors
from aisle.metrics import ranking
from aisle.metrics.ranking import Values
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Retrieves

SEED: Final = 0
"""Draws the shoppers of the intervals."""


class QueryMetrics(NamedTuple):
    """The metrics of each query at k, (queries,); NaN where there was nothing to find."""

    recall: Values
    precision: Values
    f1: Values
    ndcg: Values
    map: Values
    mrr: Values
    hit_rate: Values

    @classmethod
    def of(cls, hits: ranking.Hits, k: int) -> Self:
        """Compute them; see `metrics.ranking` for the formulas."""
        return cls(
            recall=ranking.recall(hits, k),
            precision=ranking.precision(hits, k),
            f1=ranking.f1(hits, k),
            ndcg=ranking.ndcg(hits, k),
            map=ranking.average_precision(hits, k),
            mrr=ranking.reciprocal_rank(hits, k),
            hit_rate=ranking.hit_rate(hits, k),
        )

    @property
    def shoppers(self) -> int:
        """The number of queries with something to find."""
        return int((~np.isnan(self.recall)).sum())

    def where(self, chosen: NDArray[np.bool_]) -> "QueryMetrics":
        """Return the metrics of some queries."""
        return QueryMetrics(*(values[chosen] for values in self))


class Figures(Struct, frozen=True):
    """Mean metrics at k over the shoppers who had something to find."""

    shoppers: int
    recall: float
    precision: float
    f1: float
    ndcg: float
    map: float
    mrr: float
    hit_rate: float

    @classmethod
    def of(cls, metrics: QueryMetrics) -> Self:
        """Take the means; NaN if no query has something to find."""
        return cls(metrics.shoppers, *(ranking.mean(values) for values in metrics))


class Intervals(Struct, frozen=True):
    """The headline figures again, with their 95 % bootstrap intervals over the same shoppers."""

    recall: Interval
    ndcg: Interval
    mrr: Interval
    hit_rate: Interval

    @classmethod
    def of(cls, metrics: QueryMetrics) -> Self:
        """Draw the shoppers; at least one has something to find."""
        headlines = (metrics.recall, metrics.ndcg, metrics.mrr, metrics.hit_rate)
        return cls(*(mean_interval(values, seed=SEED) for values in headlines))


class Report(Struct, frozen=True):
    """The figures of an evaluation, as JSON types.

    Attributes
    ----------
    target
        The kind of event that counts as success.
    cut, end
        The held-out window in microseconds.
    items
        The number of items that were known before the window, and ranked.
    new_shoppers
        The share of shoppers without a history, who are scored by an empty one.
    all
        With everything that the shoppers bought in the window as relevant.
    returning
        The same, over the shoppers with a history; null if there are none.
    novel
        With only what was new to each shopper as relevant, and earlier items excluded from the ranking; null if nothing
        was new to anybody.
    intervals, novel_intervals
        The headline figures of `all` and of `novel` with their intervals.
    coverage
        The share of known items that stands on at least one list.
    beyond
        How novel, varied and even the lists of `all` are.
    segments
        The figures of `all` for new, returning and heavy shoppers, and for items that were hardly known.
    stars
        Errors of predicted stars; null if the model predicts none, or no known user gave any.
    seconds
        The time that the model took for all lists.
    """

    k: int
    target: str
    cut: int
    end: int
    items: int
    new_shoppers: float
    all: Figures
    returning: Figures | None
    novel: Figures | None
    intervals: Intervals
    novel_intervals: Intervals | None
    coverage: float
    beyond: Beyond
    segments: Segments
    stars: StarErrors | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A report, with the NDCG of each query for paired comparisons, (queries,); NaN where there was nothing to find.

    `returning` says which queries have a history, (queries,).
    """

    report: Report
    ndcg: NDArray[np.float64]
    novel_ndcg: NDArray[np.float64]
    returning: NDArray[np.bool_]


def evaluate(
    recommender: Retrieves,
    holdout: Holdout,
    n: int,
    *,
    rating_model: PredictsRatings | None = None,
    category: NDArray[np.int32] | None = None,
) -> Evaluation:
    """Rank the full catalogue for every query and compare the lists with what the shoppers did.

    Parameters
    ----------
    recommender
        Fitted on `holdout.train`.
    n
        Length of the lists, and the k of every metric.
    rating_model
        Fitted on the same data, if the recommender predicts stars too.
    category
        The category of each item as a number from 0, (items,), in a shop with categories.
    """
    began = time.perf_counter()
    shown = recommender.retrieve(holdout.queries, n).items
    shown_novel = recommender.retrieve(holdout.queries, n, holdout.owned).items
    seconds = time.perf_counter() - began

    hits = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items)
    novel_hits = ranking.find_hits(shown_novel, holdout.novel_truth.indptr, holdout.novel_truth.items)
    metrics, novel = QueryMetrics.of(hits, n), QueryMetrics.of(novel_hits, n)
    returning = metrics.where(holdout.returning)
    report = Report(
        k=n,
        target=holdout.target.value,
        cut=holdout.window.cut,
        end=holdout.window.end,
        items=len(holdout.train.items),
        new_shoppers=float(1 - holdout.returning.mean()),
        all=Figures.of(metrics),
        returning=Figures.of(returning) if len(returning.recall) else None,
        novel=Figures.of(novel) if novel.shoppers else None,
        intervals=Intervals.of(metrics),
        novel_intervals=Intervals.of(novel) if novel.shoppers else None,
        coverage=ranking.coverage(shown, len(holdout.train.items), n),
        beyond=Beyond.of(shown, hits, holdout, n, category),
        segments=Segments.of(shown, metrics.recall, metrics.ndcg, holdout),
        stars=StarErrors.of(rating_model, holdout.given) if rating_model else None,
        seconds=seconds,
    )
    return Evaluation(report, metrics.ndcg, novel.ndcg, holdout.returning)
