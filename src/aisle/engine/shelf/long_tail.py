"""A share of a shelf's attention for items that are not popular already, at the least cost, and what it costs.

The head are the most popular items that together gather half of a shop's events, usually a small part of its
catalogue; all others are the long tail. Attention falls with the place as in NDCG: the item at place p gets
1 / log2(1 + p) of it, and the share of the tail is what its items get of what the whole shelf gets (as in Singh and
Joachims, "Fairness of Exposure in Rankings", 2018).
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
"""The share of all events that the head gathers."""

SHARES: Final = (0.0, 0.1, 0.2, 0.3)
"""The shares whose cost is measured."""

_HALVINGS: Final = 20
"""The bonus of the tail is found to a millionth, far below what divides two neighbouring ranks."""


class TailCost(msgspec.Struct, frozen=True):
    """What a share of attention for the long tail does to lists whose right answers are known."""

    share: float
    """What was asked for."""
    exposure: float
    """What the tail's items got, on average over the lists: more where the ranker gives it anyway, less where a list
    has too few candidates of the tail."""
    ndcg: float
    """Over the queries with something to find; NaN if there are none."""
    cost: float
    """How much NDCG was lost against the ranker's own lists."""


def in_tail(counts: NDArray[np.number]) -> Flags:
    """Return which items are not of the head, (items,).

    Items stand from the most to the least popular, equal ones in the order of their numbers; whichever begins before
    half of all events are gathered is of the head.

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
    """Return the share of the attention of the first n places that the tail's items get; NaN where nothing stands.

    Parameters
    ----------
    tail
        Whether each item is of the tail, best first, (items,).
    n
        How many places are seen.
    """
    seen = attention(min(n, len(tail)))
    return float(seen @ tail[:n] / seen.sum()) if len(seen) else float("nan")


def promoted(tail: Flags, n: int, share: float, fixed: int = 0) -> NDArray[np.intp]:
    """Return the order in which ranked candidates stand when the tail gets its share, (candidates,).

    What an order is worth is Σ_p attention(p) · relevance(item at p), with attention(rank) for relevance. Whoever wants
    the most of it while the tail has at least its share adds a bonus μ to the relevance of the tail's items and sorts:
    by the rearrangement inequality no other order is worth more with as much exposure. μ is the least that reaches the
    share, and is found by halving. Where even all of the tail in front is too little, that is what comes out.

    Parameters
    ----------
    tail
        Whether each candidate is of the tail, best first, (candidates,).
    n
        How many of them are seen.
    share
        What the tail's items get at least, from 0 to 1.
    fixed
        So many candidates keep their place at the front; what they get counts.
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
        The relevance of the items of each, best first, (of the tail,) and (of the head,).
    """
    seen = np.append(attention(min(n, len(tail) + len(head))), 0.0)
    wanted, last = share * seen.sum(), len(seen) - 1
    before = np.arange(min(n, len(tail)))
    tail, ascending = tail[: len(before)], -head
    low, high = 0.0, 1.0  # no relevance is above 1, so that at 1 all of the tail stands in front
    for _ in range(_HALVINGS):
        bonus = (low + high) / 2
        # An item of the tail stands behind those of the tail before it and those of the head that are worth as much.
        places = before + ascending.searchsorted(-(tail + bonus), side="right")
        if seen[np.minimum(places, last)].sum() >= wanted:
            high = bonus
        else:
            low = bonus
    return high


def long_tail_cost(
    ranked: Ranked, truth: ItemLists, tail: Flags, n: int, shares: Sequence[float] = SHARES
) -> list[TailCost]:
    """Return what each share costs on lists whose right answers are known.

    Parameters
    ----------
    ranked
        The candidates of each query, best first, as many as a live shelf chooses from: more than n.
    truth
        The right answers, per query.
    tail
        What is of the long tail, as the training data knew it, (items,).
    n
        Length of the lists that are judged.
    shares
        What the tail's items are to get at least.
    """
    unpromoted = _ndcg(ranked.items, truth, n)
    costs = []
    for share in shares:
        lists = [row[promoted(tail[row], n, share)] for row in (row[row >= 0] for row in ranked.items)]
        seen = np.array([exposure(tail[row], n) for row in lists])
        ndcg = _ndcg(_padded(lists, n), truth, n)
        costs.append(TailCost(share, ranking.mean(seen), ndcg, unpromoted - ndcg))
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
