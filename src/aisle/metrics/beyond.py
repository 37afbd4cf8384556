"""Metrics of lists beyond accuracy: novelty, variety, evenness, surprise, and how well a list fits a shopper's taste.

Lists are ranked items, best first, then -1 where a list is shorter, (queries, n); all metrics are at a cut-off k. A
list without what a metric needs has no value: NaN, which `ranking.mean` skips. Some metrics are means of a value per
item: `self_information`, `percentiles` and `in_long_tail` return it, `mean_of_items` takes the mean.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.metrics.ranking import Hits, Values, precision

PerItem = NDArray[np.float64]
"""One value per item, (items,)."""

SMOOTHING: Final = 0.01
"""α of `miscalibration`: the share of the history's distribution that is mixed into the list's, as in the paper."""


def mean_of_items(ranked: NDArray[np.int32], values: PerItem, k: int) -> Values:
    """Return the mean value of the items on each list, (queries,); NaN for an empty list."""
    shown = ranked[:, :k]
    placed = shown >= 0
    totals = np.where(placed, values[shown], 0).sum(axis=1)
    lengths = placed.sum(axis=1)
    means: Values = np.divide(totals, lengths, out=np.full(len(shown), np.nan), where=lengths > 0)
    return means


def self_information(counts: NDArray[np.integer], users: int) -> PerItem:
    """Return -log2(c / users) of each item, in bits; its mean over lists is their novelty.

    It is the surprise of learning that a random user has the item (Zhou et al., Solving the apparent
    diversity-accuracy dilemma of recommender systems, 2010). An item that nobody has counts as if one user had it.

    Parameters
    ----------
    counts
        c, the number of users of each item, (items,).
    users
        The number of users.
    """
    bits: PerItem = np.log2(max(users, 1) / np.maximum(counts, 1))
    return bits


def percentiles(counts: NDArray[np.integer]) -> PerItem:
    """Return the popularity percentile of each item, from 0 to 1; its mean is a list's popularity bias.

    The value is the share of less popular items, plus half the share of equally popular ones: 0.5 on average over the
    catalogue, for any counts. It is the mean recommended popularity of Abdollahpouri et al. (Managing popularity bias
    with personalized re-ranking, 2019), in ranks instead of counts, so that shops can be compared.

    Parameters
    ----------
    counts
        The number of users of each item, (items,).
    """
    ordered = np.sort(counts)
    less = np.searchsorted(ordered, counts, side="left")
    not_more = np.searchsorted(ordered, counts, side="right")
    places: PerItem = (less + not_more) / (2 * len(counts))
    return places


def popularity_thirds(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return 0, 1 or 2 for the head, the middle and the tail of the catalogue, (items,).

    Items are ordered from the most to the least popular; each third has a third of all counts, so that the head is a
    few items and the tail most of them. An item on a border belongs to the third in which it begins; equally popular
    items are ordered by number.

    Parameters
    ----------
    counts
        The number of users of each item, (items,).
    """
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    thirds = np.empty(len(counts), np.int64)
    thirds[order] = np.where(counts[order] > 0, 3 * before // max(int(counts.sum()), 1), 2)
    return thirds


def in_long_tail(thirds: NDArray[np.integer]) -> PerItem:
    """Return 1 for the items of the last of `popularity_thirds`, else 0; its mean is the share of the long tail."""
    tail: PerItem = (thirds == 2).astype(np.float64)
    return tail


def diversity(ranked: NDArray[np.int32], indptr: NDArray[np.integer], users: NDArray[np.integer], k: int) -> Values:
    """Return the intra-list diversity 1 - mean_{i ≠ j} cos(i, j) of each list; NaN below two items.

    cos(i, j) = |U_i ∩ U_j| / sqrt(|U_i| · |U_j|), where U_i are the users of item i, and 0 if one of the two has none
    (Ziegler et al., Improving recommendation lists through topic diversification, 2005, with co-occurrence as the
    similarity, so that only the training data is needed). The sum over all pairs follows from the squared length of the
    sum of the unit vectors, in time proportional to the users of a list's items.

    Parameters
    ----------
    ranked
        Items, best first, then -1, (queries, n).
    indptr, users
        U_i is `users[indptr[i]:indptr[i + 1]]`, each once.
    k
        The cut-off.
    """
    owners = [users[start:end] for start, end in pairwise(indptr.tolist())]
    lists = (row[row >= 0] for row in ranked[:, :k])
    return np.array([_list_diversity([owners[item] for item in items]) for items in lists], np.float64)


def _list_diversity(owners: list[NDArray[np.integer]]) -> float:
    """Return the diversity of one list from the users of its items."""
    if len(owners) < 2:
        return float("nan")
    counts = np.array([len(users) for users in owners])
    lengths = 1 / np.sqrt(np.maximum(counts, 1))
    total = np.bincount(np.concatenate(owners).astype(np.int64), np.repeat(lengths, counts))
    of_pairs = total @ total - np.count_nonzero(counts)
    return float(1 - of_pairs / (len(owners) * (len(owners) - 1)))


def gini(ranked: NDArray[np.int32], catalogue: int, k: int) -> float:
    """Return Gini@k = Σ_j (2j - items - 1) · e_j / (items · Σ e), of the exposures e_1 ≤ e_2 ≤ … of all items.

    An item's exposure is the number of lists that it stands on. 0: all items equally often; near 1: all lists show the
    same few items (Shani and Gunawardana, Evaluating recommendation systems, 2011). NaN if nothing is shown.

    Parameters
    ----------
    ranked
        Items, best first, then -1, (queries, n).
    catalogue
        The number of items that could have been shown, at least 1.
    k
        The cut-off.
    """
    shown = ranked[:, :k]
    exposure = np.sort(np.bincount(shown[shown >= 0], minlength=catalogue))
    if exposure[-1] == 0:
        return float("nan")
    places = np.arange(1, catalogue + 1)
    return float((2 * places - catalogue - 1) @ exposure / (catalogue * exposure.sum()))


def most_popular(counts: NDArray[np.integer], k: int) -> NDArray[np.bool_]:
    """Return which items are the k most popular, (items,); equally popular ones are ordered by number."""
    chosen = np.zeros(len(counts), np.bool_)
    chosen[np.argsort(-counts, kind="stable")[:k]] = True
    return chosen


def serendipity(ranked: NDArray[np.int32], hits: Hits, expected: NDArray[np.bool_], k: int) -> Values:
    """Return the share of each list that is relevant and that a simple recommender would not show.

    |{i ≤ k: hit(i), item not expected}| / k (Ge et al., Beyond accuracy, 2010, whose primitive model is here the list
    of the `most_popular`); NaN where there is nothing to find.

    Parameters
    ----------
    ranked
        Items, best first, then -1, (queries, n).
    hits
        Their hits, by `ranking.find_hits`.
    expected
        Which items the simple recommender shows, (items,).
    k
        The cut-off.
    """
    return precision(Hits(hits.at & ~expected[ranked], hits.relevant), k)


def miscalibration(
    ranked: NDArray[np.int32],
    indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    group: NDArray[np.integer],
    k: int,
) -> Values:
    """Return KL(p ‖ q̃) = Σ_g p(g) · log(p(g) / q̃(g)) of each list, in nats; 0 for a list in the history's proportions.

    p is the distribution of groups in the shopper's history, q that in the list, each item counting alike, and
    q̃ = (1 - α) · q + α · p with α = `SMOOTHING` (Steck, Calibrated recommendations, 2018). It is at most -log α = 4.6,
    and NaN where the history or the list is empty.

    Parameters
    ----------
    ranked
        Items, best first, then -1, (queries, n).
    indptr, items
        The history of query q is `items[indptr[q]:indptr[q + 1]]`.
    group
        The group of each item, from 0, (items,).
    k
        The cut-off.
    """
    queries, groups = len(ranked), 1 + int(group.max(initial=0))
    row, place = np.nonzero(ranked[:, :k] >= 0)
    wanted, p = _shares(np.repeat(np.arange(queries), np.diff(indptr)) * groups + group[items], groups, queries)
    offered, of_list = _shares(row * groups + group[ranked[row, place]], groups, queries)
    _, at, of = np.intersect1d(wanted, offered, assume_unique=True, return_indices=True)
    q = np.zeros(len(p))
    q[at] = of_list[of]
    terms = p * np.log(p / ((1 - SMOOTHING) * q + SMOOTHING * p))
    divergence = np.bincount(wanted // groups, terms, queries)
    valued = np.isin(np.arange(queries), np.intersect1d(wanted // groups, offered // groups))
    return np.where(valued, divergence, np.nan)


def _shares(keys: NDArray[np.int64], groups: int, queries: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each key query · groups + group once, and its share among the keys of its query."""
    present, counts = np.unique(keys, return_counts=True)
    totals = np.bincount(present // groups, counts, queries)
    return present, counts / totals[present // groups]
