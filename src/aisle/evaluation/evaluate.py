"""Ask a fitted recommender about a held-out window and write down how it did."""

import time
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.evaluation.bootstrap import Interval, mean_interval
from aisle.evaluation.holdout import Holdout
from aisle.metrics import ranking
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked

SEED: Final = 0
"""Draws the shoppers of the intervals."""


class Retrieves(Protocol):
    """Whatever answers queries with ranked items."""

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, without the excluded ones."""


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
    new_shoppers
        The share of shoppers without any history, who get what the model answers to an empty one.
    all
        Judged on everything that the shoppers bought in the window.
    returning
        The same, over the shoppers with a history; null if there are none.
    novel
        Judged on what was new to each shopper, with their earlier items left out of the ranking; null if nothing was.
    ndcg
        NDCG of `all` with its 95 % bootstrap interval.
    coverage
        The share of known items that stands on at least one list.
    seconds
        How long the model took for all lists.
    """

    k: int
    target: str
    cut: int
    end: int
    new_shoppers: float
    all: Figures
    returning: Figures | None
    novel: Figures | None
    ndcg: Interval
    coverage: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A report, with the NDCG of each query for paired comparisons, (queries,); NaN where there was nothing to find."""

    report: Report
    ndcg: NDArray[np.float64]
    novel_ndcg: NDArray[np.float64]


def evaluate(recommender: Retrieves, holdout: Holdout, n: int) -> Evaluation:
    """Rank the full catalogue for every query and compare with what the shoppers did.

    Parameters
    ----------
    recommender
        Fitted on `holdout.train`.
    holdout
        The questions and their answers.
    n
        Length of the lists, and the k of every metric.
    """
    began = time.perf_counter()
    shown = recommender.retrieve(holdout.queries, n).items
    fresh = recommender.retrieve(holdout.queries, n, holdout.owned).items
    seconds = time.perf_counter() - began

    hits = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items)
    novel_hits = ranking.find_hits(fresh, holdout.novel_truth.indptr, holdout.novel_truth.items)
    returning = ranking.Hits(hits.at[holdout.returning], hits.relevant[holdout.returning])
    ndcg = ranking.ndcg(hits, n)
    report = Report(
        k=n,
        target=holdout.target.value,
        cut=holdout.window.cut,
        end=holdout.window.end,
        new_shoppers=float(1 - holdout.returning.mean()),
        all=Figures.of(hits, n),
        returning=_if_any(returning, n),
        novel=_if_any(novel_hits, n),
        ndcg=mean_interval(ndcg, seed=SEED),
        coverage=ranking.coverage(shown, len(holdout.train.items), n),
        seconds=seconds,
    )
    return Evaluation(report, ndcg, ranking.ndcg(novel_hits, n))


def _if_any(hits: ranking.Hits, k: int) -> Figures | None:
    """Return the means, if any query has something to find."""
    return Figures.of(hits, k) if (hits.relevant > 0).any() else None
