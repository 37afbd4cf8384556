"""Ask a fitted recommender about a held-out window and write down how it did."""

import time
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.evaluation.beyond import Beyond
from aisle.evaluation.bootstrap import Interval, mean_interval
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.segments import Segments
from aisle.evaluation.stars import StarErrors
from aisle.metrics import ranking
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Retrieves

SEED: Final = 0
"""Draws the shoppers of the intervals."""


class Figures(Struct, frozen=True):
    """Mean metrics at k over the shoppers who had something to find; see `metrics.ranking` for the formulas."""

    shoppers: int
    recall: float
    precision: float
    f1: float
    ndcg: float
    map: float
    mrr: float
    hit_rate: float

    @classmethod
    def of(cls, hits: ranking.Hits, k: int) -> Self:
        """Take the means; at least one query has something to find."""
        return cls(
            shoppers=int((hits.relevant > 0).sum()),
            recall=ranking.mean(ranking.recall(hits, k)),
            precision=ranking.mean(ranking.precision(hits, k)),
            f1=ranking.mean(ranking.f1(hits, k)),
            ndcg=ranking.mean(ranking.ndcg(hits, k)),
            map=ranking.mean(ranking.average_precision(hits, k)),
            mrr=ranking.mean(ranking.reciprocal_rank(hits, k)),
            hit_rate=ranking.mean(ranking.hit_rate(hits, k)),
        )


class Intervals(Struct, frozen=True):
    """The headline figures again, with their 95 % bootstrap intervals over the same shoppers."""

    recall: Interval
    ndcg: Interval
    mrr: Interval
    hit_rate: Interval

    @classmethod
    def of(cls, hits: ranking.Hits, k: int) -> Self:
        """Draw the shoppers; at least one has something to find."""
        metrics = (ranking.recall, ranking.ndcg, ranking.reciprocal_rank, ranking.hit_rate)
        return cls(*(mean_interval(metric(hits, k), seed=SEED) for metric in metrics))


class Report(Struct, frozen=True):
    """What an evaluation found, as JSON knows it.

    Attributes
    ----------
    k
        Length of the lists.
    target
        The kind of event that counts as success.
    cut, end
        The held-out window in microseconds.
    items
        How many items were known before the window, and ranked.
    new_shoppers
        The share of shoppers without any history, who get what the model answers to an empty one.
    all
        Judged on everything that the shoppers bought in the window.
    returning
        The same, over the shoppers with a history; null if there are none.
    novel
        Judged on what was new to each shopper, with their earlier items left out of the ranking; null if nothing was.
    intervals, novel_intervals
        The headline figures of `all` and of `novel` with their intervals.
    coverage
        The share of known items that stands on at least one list.
    beyond
        What the lists of `all` are like beside being right.
    segments
        The figures of `all` for new, returning and heavy shoppers, and for items that were hardly known.
    stars
        Errors of predicted stars; null where the model predicts none, or nobody known gave any.
    seconds
        How long the model took for all lists.
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
    """A report, with the NDCG of each query for paired comparisons, (queries,); NaN where there was nothing to find."""

    report: Report
    ndcg: NDArray[np.float64]
    novel_ndcg: NDArray[np.float64]


def evaluate(
    recommender: Retrieves,
    holdout: Holdout,
    n: int,
    *,
    rating_model: PredictsRatings | None = None,
    category: NDArray[np.int32] | None = None,
) -> Evaluation:
    """Rank the full catalogue for every query and compare with what the shoppers did.

    Parameters
    ----------
    recommender
        Fitted on `holdout.train`.
    holdout
        The questions and their answers.
    n
        Length of the lists, and the k of every metric.
    rating_model
        Fitted on the same, if the recommender predicts stars too.
    category
        The category of each item as a number from 0, (items,), where the shop has categories.
    """
    began = time.perf_counter()
    shown = recommender.retrieve(holdout.queries, n).items
    fresh = recommender.retrieve(holdout.queries, n, holdout.owned).items
    seconds = time.perf_counter() - began

    hits = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items)
    novel_hits = ranking.find_hits(fresh, holdout.novel_truth.indptr, holdout.novel_truth.items)
    returning = ranking.Hits(hits.at[holdout.returning], hits.relevant[holdout.returning])
    any_novel = bool((novel_hits.relevant > 0).any())
    report = Report(
        k=n,
        target=holdout.target.value,
        cut=holdout.window.cut,
        end=holdout.window.end,
        items=len(holdout.train.items),
        new_shoppers=float(1 - holdout.returning.mean()),
        all=Figures.of(hits, n),
        returning=Figures.of(returning, n) if holdout.returning.any() else None,
        novel=Figures.of(novel_hits, n) if any_novel else None,
        intervals=Intervals.of(hits, n),
        novel_intervals=Intervals.of(novel_hits, n) if any_novel else None,
        coverage=ranking.coverage(shown, len(holdout.train.items), n),
        beyond=Beyond.of(shown, hits, holdout, n, category),
        segments=Segments.of(shown, hits, holdout, n),
        stars=StarErrors.of(rating_model, holdout.given) if rating_model else None,
        seconds=seconds,
    )
    return Evaluation(report, ranking.ndcg(hits, n), ranking.ndcg(novel_hits, n))
