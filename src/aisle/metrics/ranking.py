"""The accuracy of ranked lists: one value per query and metric, all at a cut-off k.

A ranked list is compared with the set of relevant items, with equal gain for each. A query without relevant items has
no value: NaN, which `mean` skips. All formulas are for one query; rel is its number of relevant items, hit(i) is 1 if
the item at rank i (from 1) is relevant, and hits(k) = hit(1) + … + hit(k).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""One value per query, (queries,); NaN where the query has no relevant items."""


@dataclass(frozen=True, eq=False)
class Hits:
    """The hits of ranked lists.

    Attributes
    ----------
    at
        Whether the item at each rank is relevant, (queries, n) bool.
    relevant
        The number of relevant items, (queries,) int64.
    """

    at: NDArray[np.bool_]
    relevant: NDArray[np.int64]

    def counted(self, k: int) -> NDArray[np.int64]:
        """Return hits(k) of each query, (queries,)."""
        counts: NDArray[np.int64] = self.at[:, :k].sum(axis=1)
        return counts

    def ideal(self, k: int) -> NDArray[np.int64]:
        """Return the number of hits of a perfect list of length k, (queries,)."""
        return np.minimum(self.relevant, k)


def find_hits(ranked: NDArray[np.int32], indptr: NDArray[np.int64], items: NDArray[np.int32]) -> Hits:
    """Compare ranked lists with relevant items.

    Parameters
    ----------
    ranked
        Items, best first, each at most once, then -1 where a list is shorter, (queries, n).
    indptr, items
        The relevant items of query q are `items[indptr[q]:indptr[q + 1]]`, each once, in any order.
    """
    queries = len(indptr) - 1
    if len(ranked) != queries:
        raise ValueError(f"{len(ranked)} ranked lists do not match {queries} lists of relevant items")
    relevant = np.diff(indptr)
    span = 1 + max(ranked.max(initial=0), items.max(initial=0))
    wanted = np.repeat(np.arange(queries), relevant) * span + items
    shown = np.arange(queries)[:, None] * span + ranked
    return Hits(np.isin(shown, wanted) & (ranked >= 0), relevant)


def recall(hits: Hits, k: int) -> Values:
    """Return Recall@k = hits(k) / rel: the share of the relevant items that is on the list."""
    return _ratio(hits.counted(k), hits.relevant)


def precision(hits: Hits, k: int) -> Values:
    """Return Precision@k = hits(k) / k: the share of the list that is relevant; empty places are misses."""
    return _defined(hits, hits.counted(k) / k)


def f1(hits: Hits, k: int) -> Values:
    """Return F1@k = 2·P·R / (P + R), which is 2·hits(k) / (k + rel); 0 without a hit.

    P and R are Precision@k and Recall@k (van Rijsbergen, Information Retrieval, 1979).
    """
    return _defined(hits, 2 * hits.counted(k) / (k + hits.relevant))


def ndcg(hits: Hits, k: int) -> Values:
    """Return NDCG@k = DCG@k / IDCG@k, where DCG@k = Σ_{i ≤ k} hit(i) / log2(i + 1).

    IDCG@k is the DCG of a list that begins with min(k, rel) hits (Järvelin and Kekäläinen, Cumulated gain-based
    evaluation of IR techniques, 2002, with the discount log2(i + 1) from rank 1 and binary gain).
    """
    places = min(k, hits.at.shape[1])
    discounts = 1 / np.log2(np.arange(2, max(k, places) + 2))
    ideal = np.append(0.0, np.cumsum(discounts))[hits.ideal(k)]
    return _ratio(hits.at[:, :k] @ discounts[:places], ideal)


def average_precision(hits: Hits, k: int) -> Values:
    """Return AP@k = Σ_{i ≤ k} hit(i) · Precision@i / min(k, rel); its mean over queries is MAP@k.

    The denominator is that of a perfect list of length k, so that AP@k can reach 1 for any rel.
    """
    at = hits.at[:, :k]
    precisions = np.cumsum(at, axis=1) / np.arange(1, at.shape[1] + 1)
    return _ratio((at * precisions).sum(axis=1), hits.ideal(k))


def reciprocal_rank(hits: Hits, k: int) -> Values:
    """Return RR@k = 1 / the rank of the first hit, 0 without a hit up to k; its mean over queries is MRR@k."""
    at = hits.at[:, :k]
    ranks = np.arange(1, at.shape[1] + 1)
    return _defined(hits, (at / ranks).max(axis=1, initial=0.0))


def hit_rate(hits: Hits, k: int) -> Values:
    """Return HR@k = 1 if hits(k) > 0, else 0."""
    return _defined(hits, (hits.counted(k) > 0).astype(np.float64))


def coverage(ranked: NDArray[np.int32], catalogue: int, k: int) -> float:
    """Return catalogue coverage@k: the share of all items that stands on at least one list (Ge et al., 2010).

    Parameters
    ----------
    ranked
        Items, best first, then -1 where a list is shorter, (queries, n).
    catalogue
        The number of items that could have been shown, at least 1.
    k
        The cut-off.
    """
    shown = ranked[:, :k]
    return len(np.unique(shown[shown >= 0])) / catalogue


def mean(values: Values) -> float:
    """Return the mean over the queries that have a value; NaN if none has."""
    valued = values[~np.isnan(values)]
    return float(valued.mean()) if len(valued) else float("nan")


def _ratio(gained: NDArray[np.number], possible: NDArray[np.number]) -> Values:
    """Divide; NaN where `possible` is 0."""
    ratio: Values = np.divide(gained, possible, out=np.full(len(gained), np.nan), where=possible > 0)
    return ratio


def _defined(hits: Hits, values: Values) -> Values:
    """Return the values of queries with relevant items, and NaN for all others."""
    return np.where(hits.relevant > 0, values, np.nan)
