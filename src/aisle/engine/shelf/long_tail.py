"""A share of a shelf's attention for the long tail, at the least loss of relevance, and what that share costs.

The head is the most popular items that together have half of a shop's events, usually a small part of the catalogue;
all others are the long tail. Attention falls with the place as in NDCG: the item at place p gets 1 / log2(1 + p). The
tail's share is the attention of its items divided by that of the whole shelf (as in Singh and Joachims, "Fairness of
Exposure in Rankings", 2018).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Flags
from aisle.metrics import ranking
from aisle.recommenders.query import ItemLists, Ranked

HEAD_SHARE: Final = 0.5
"""The head's share of all events."""

SHARES: Final = (0.0, 0.1, 0.2, 0.3)
"""The shares whose cost is measured."""

_HALVINGS: Final = 20
"""So many halvings find the tail's bonus to a millionth, far below the difference between two neighbouring ranks."""


class TailCost(msgspec.Struct, frozen=True):
    """The effect of a share of attention for the long tail on lists with a known ground truth."""

    share: float
    """The least share that the tail was to get."""
    exposure: float
    """The share that it got, on average over the lists: more where the ranker gives it anyway, less where a list has
    too few candidates of the tail."""
    ndcg: float
    """The mean over the queries with a ground truth; NaN if there are none."""
    cost: float
    """The loss of NDCG compared with the ranker's own lists."""


def in_tail(counts: NDArray[np.number]) -> Flags:
    """Return which items are in the long tail, (items,).

    The head is taken from the most popular item downwards, ties by item number, until it has half of all events.

    Parameters
    ----------
    counts
        How many events, or buyers, each item has, (items,); not negative.
    """
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    tail = np.ones(len(counts), np.bool_)
    tail[order] = before >= HEAD_SHARE * counts.sum()
    return tail


def attention(places: int) -> NDArray[np.float64]:
    """Return 1 / log2(1 + p) for the places p = 1, 2, …, (places,)."""
    return 1 / np.log2(np.arange(2, places + 2))


def exposure(tail: Flags, n: int) -> float:
    """Return the tail's share of the attention of the first n places; NaN for an empty list.

    Parameters
    ----------
    tail
        Whether each item is of the tail, best first, (items,).
    n
        How many places count.
    """
    of_places = attention(min(n, len(tail)))
    return float(of_places @ tail[:n] / of_places.sum()) if len(of_places) else float("nan")


def promoted(tail: Flags, n: int, share: float, fixed: int = 0) -> NDArray[np.intp]:
    """Return the order of ranked candidates in which the tail gets its share, (candidates,).

    The value of an order is Σ_p attention(p) · relevance(item at p), where relevance is the attention of the item's
    rank. The best order in which the tail has its share is found by adding a bonus μ to the relevance of the tail's
    items and sorting: by the rearrangement inequality, no other order with as much exposure has a higher value. μ is
    the least bonus that reaches the share, found by bisection. If the whole tail in front does not reach the share,
    that order is returned.

    Parameters
    ----------
    tail
        Whether each candidate is of the tail, best first, (candidates,).
    n
        How many places count.
    share
        The least share of attention for the tail, from 0 to 1.
    fixed
        So many candidates at the front keep their places; their attention counts.
    """
    if share == 0 or not tail.any() or exposure(tail, n) >= share:
        return np.arange(len(tail))
    relevance = attention(len(tail))
    relevance[:fixed] = np.inf
    bonus = _least_bonus(relevance[tail], relevance[~tail], n, share)
    return np.argsort(-(relevance + bonus * tail), kind="stable")


def _least_bonus(tail: NDArray[np.float64], head: NDArray[np.float64], n: int, share: float) -> float:
    """Return the least μ that gives the tail its share of the first n places, or 1 if none does.

    Parameters
    ----------
    tail, head
        The relevance of the items of the tail and of the head, best first, (items,) each.
    """
    of_places = np.append(attention(min(n, len(tail) + len(head))), 0.0)
    target, last = share * of_places.sum(), len(of_places) - 1
    before = np.arange(min(n, len(tail)))
    tail, ascending = tail[: len(before)], -head
    low, high = 0.0, 1.0  # no relevance is above 1: with a bonus of 1, the whole tail comes first
    for _ in range(_HALVINGS):
        bonus = (low + high) / 2
        # Before an item of the tail come the earlier ones of the tail, and those of the head with as much relevance.
        places = before + ascending.searchsorted(-(tail + bonus), side="right")
        if of_places[np.minimum(places, last)].sum() >= target:
            high = bonus
        else:
            low = bonus
    return high


def long_tail_cost(
    ranked: Ranked, truth: ItemLists, tail: Flags, n: int, shares: Sequence[float] = SHARES
) -> list[TailCost]:
    """Return what each share costs on lists with a known ground truth.

    Parameters
    ----------
    ranked
        The candidates of each query, best first, as many as a live shelf chooses from: more than n.
    truth
        The ground truth, a list per query.
    tail
        Whether each item is in the long tail of the training data, (items,).
    n
        The length of the lists.
    shares
        The least shares of attention for the tail.
    """
    unpromoted = _ndcg(ranked.items, truth, n)
    costs = []
    for share in shares:
        lists = [row[promoted(tail[row], n, share)] for row in (row[row >= 0] for row in ranked.items)]
        exposures = np.array([exposure(tail[row], n) for row in lists])
        ndcg = _ndcg(_padded(lists, n), truth, n)
        costs.append(TailCost(share, ranking.mean(exposures), ndcg, unpromoted - ndcg))
    return costs


def _ndcg(lists: NDArray[np.int32], truth: ItemLists, n: int) -> float:
    """Return the mean NDCG@n."""
    return ranking.mean(ranking.ndcg(ranking.find_hits(lists[:, :n], truth.indptr, truth.items), n))


def _padded(lists: list[NDArray[np.int32]], n: int) -> NDArray[np.int32]:
    """Return the first n of each list, with -1 where it is shorter, (lists, n)."""
    padded = np.full((len(lists), n), -1, np.int32)
    for row, items in zip(padded, lists, strict=True):
        row[: min(n, len(items))] = items[:n]
    return padded
