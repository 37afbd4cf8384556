"""The input and the output of a recommender: queries and ranked items, as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle import kernels
from aisle.kernels import histories_numpy
from aisle.prepare.profiles import Profiles, stretches
from aisle.prepare.weigh import Weights, event_weights, stars_given
from aisle.shop.ids import among


@dataclass(frozen=True, eq=False)
class ItemLists:
    """Ragged lists of items, one per query: list q is `items[indptr[q]:indptr[q + 1]]`."""

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def of_pairs(cls, queries: NDArray[np.integer], items: NDArray[np.int32], count: int) -> "ItemLists":
        """Return `count` lists from pairs of query and item; the pairs may come in any order."""
        indptr = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(queries, minlength=count), out=indptr[1:])
        return cls(indptr, items[np.argsort(queries, kind="stable")])

    @classmethod
    def of_arrays(cls, lists: "Sequence[NDArray[np.int32]]") -> "ItemLists":
        """Return lists of arrays, one each."""
        items = np.concatenate(lists) if lists else np.zeros(0, np.int32)
        return cls(np.append(0, np.cumsum([len(array) for array in lists], dtype=np.int64)), items)

    @classmethod
    def one(cls, items: NDArray[np.int32]) -> "ItemLists":
        """Return a single list."""
        return cls(np.array([0, len(items)]), items)

    @property
    def queries(self) -> NDArray[np.int64]:
        """The query of each entry of `items`."""
        if len(self) == 1:
            return np.zeros(len(self.items), np.int64)
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def slice(self, start: int, stop: int) -> "ItemLists":
        """Return the lists start … stop - 1, sharing memory."""
        if (start, stop) == (0, len(self)):
            return self
        first, last = self.indptr[start], self.indptr[stop]
        return ItemLists(self.indptr[start : stop + 1] - first, self.items[first:last])

    def joined(self, other: "ItemLists") -> "ItemLists":
        """Return each list followed by the other's list of the same query."""
        pairs = np.concatenate((self.queries, other.queries)), np.concatenate((self.items, other.items))
        return ItemLists.of_pairs(*pairs, len(self))

    @classmethod
    def empty(cls, count: int) -> "ItemLists":
        """Return lists without items."""
        return cls(np.zeros(count + 1, np.int64), np.zeros(0, np.int32))

    def where(self, mask: NDArray[np.bool_]) -> "ItemLists":
        """Return the entries for which a mask is true."""
        if len(self) == 1:
            return ItemLists.one(self.items[mask])
        return ItemLists(np.append(0, np.cumsum(mask))[self.indptr], self.items[mask])

    def take(self, rows: NDArray[np.intp]) -> "ItemLists":
        """Return the lists of the given rows."""
        indptr, places = stretches(self.indptr[rows], self.indptr[rows + 1])
        return ItemLists(indptr, self.items[places])


@dataclass(frozen=True, eq=False)
class QueryBatch:
    """What a model scores: the histories of one or more shoppers, oldest item first, one entry per user–item pair.

    Attributes
    ----------
    history
        The items of each shopper, by the model's item numbers, in the order of their last events.
    weights
        The weight of each pair by `prepare.weigh`, aligned with `history.items`; may be negative after a refund.
    timestamps
        The moment of the last event of each pair, aligned with `history.items`.
    now
        The moment of the query.
    ratings
        The last stars of each pair, NaN where there are none, aligned with `history.items`; None if there are none
        at all.
    profiles
        The events behind the histories, which the second stage reads; None if they were not loaded.
    """

    history: ItemLists
    weights: NDArray[np.float32]
    timestamps: NDArray[np.int64]
    now: int
    ratings: NDArray[np.float32] | None = None
    profiles: Profiles | None = None

    def __len__(self) -> int:
        return len(self.history)

    @cached_property
    def likes_nothing(self) -> NDArray[np.bool_]:
        """Which queries have no positive weight, (queries,)."""
        likes = self._likes_before[self.history.indptr]
        nothing: NDArray[np.bool_] = likes[1:] == likes[:-1]
        return nothing

    @cached_property
    def later_likes(self) -> NDArray[np.int64]:
        """How many entries with a positive weight come after each in its history, (entries,)."""
        before, indptr = self._likes_before, self.history.indptr
        if len(self) == 1:
            later: NDArray[np.int64] = before[-1] - before[1:]
            return later
        return np.repeat(before[indptr[1:]], indptr[1:] - indptr[:-1]) - before[1:]

    @cached_property
    def _likes_before(self) -> NDArray[np.int64]:
        """How many entries with a positive weight come before each, and in all, (entries + 1,)."""
        before = np.zeros(len(self.weights) + 1, np.int64)
        np.cumsum(self.weights > 0, out=before[1:])
        return before

    def slice(self, start: int, stop: int) -> "QueryBatch":
        """Return the queries start … stop - 1, sharing memory."""
        if (start, stop) == (0, len(self)):
            return self
        first, last = self.history.indptr[start], self.history.indptr[stop]
        ratings = None if self.ratings is None else self.ratings[first:last]
        profiles = None if self.profiles is None else self.profiles.slice(start, stop)
        history = self.history.slice(start, stop)
        return QueryBatch(history, self.weights[first:last], self.timestamps[first:last], self.now, ratings, profiles)

    def single(self, query: int) -> "QueryBatch":
        """Return one query as a batch, sharing memory."""
        return self.slice(query, query + 1)

    def take(self, rows: NDArray[np.intp]) -> "QueryBatch":
        """Return the queries of the given rows."""
        indptr, places = stretches(self.history.indptr[rows], self.history.indptr[rows + 1])
        history = ItemLists(indptr, self.history.items[places])
        ratings = None if self.ratings is None else self.ratings[places]
        profiles = None if self.profiles is None else self.profiles.take(rows)
        return QueryBatch(history, self.weights[places], self.timestamps[places], self.now, ratings, profiles)


def queries_of(profiles: Profiles, weights: Weights) -> QueryBatch:
    """Return one query per profile, with its events weighed as of the profile's own moment.

    Parameters
    ----------
    profiles
        At least one.
    """
    if len(profiles.item) == 0:
        nothing = np.zeros(0, np.float32)
        history = ItemLists.empty(len(profiles))
        return QueryBatch(history, nothing, profiles.timestamp, int(profiles.now.max()), nothing, profiles)
    now = profiles.now[0] if len(profiles) == 1 else profiles.now[profiles.owner]
    weight = event_weights(weights, now, profiles.kind, profiles.rating, profiles.timestamp)
    events = profiles.item, weight, profiles.timestamp, stars_given(profiles.kind, profiles.rating)
    if len(profiles) == 1 and kernels.are_loaded():
        from aisle.kernels.histories import pairs_of_one

        pairs = pairs_of_one(*events)
        history = ItemLists.one(pairs.item)
    else:
        pairs = histories_numpy.pairs(profiles.owner.astype(np.int32), *events)
        history = ItemLists(pairs.offsets(len(profiles)), pairs.item)
    return QueryBatch(history, pairs.weight, pairs.timestamp, int(profiles.now.max()), pairs.rating, profiles)


@dataclass(frozen=True, eq=False)
class Ranked:
    """The best items of each query, best first: `items` int32 and `scores` float32, both (queries, n).

    Where there are fewer than n, the rest is item -1 with a score of NaN.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float32]

    @classmethod
    def nothing(cls, queries: int, n: int) -> "Ranked":
        """Return lists without items."""
        return cls(np.full((queries, n), -1, np.int32), np.full((queries, n), np.nan, np.float32))

    def without(self, excluded: ItemLists, n: int) -> "Ranked":
        """Return the n best of each query that are not excluded, with a list of excluded items per query."""
        kept = (self.items >= 0) & ~self.are_in(excluded)
        place = np.cumsum(kept, axis=1) - 1
        kept &= place < n
        query, column = np.nonzero(kept)
        ranked = Ranked.nothing(len(self.items), n)
        ranked.items[query, place[query, column]] = self.items[query, column]
        ranked.scores[query, place[query, column]] = self.scores[query, column]
        return ranked

    def are_in(self, lists: ItemLists) -> NDArray[np.bool_]:
        """Return which items are on the list of their query, (queries, n)."""
        width = 1 + np.int64(max(self.items.max(initial=0), lists.items.max(initial=0)))
        pairs = np.arange(len(self.items))[:, None] * width + self.items
        return among(pairs.ravel(), lists.queries * width + lists.items).reshape(pairs.shape)

    @classmethod
    def joined(cls, blocks: "Sequence[Ranked]", n: int) -> "Ranked":
        """Return several batches as one; n is the width if there are none."""
        if not blocks:
            return cls(np.empty((0, n), np.int32), np.empty((0, n), np.float32))
        items, scores = [block.items for block in blocks], [block.scores for block in blocks]
        return cls(np.concatenate(items), np.concatenate(scores))


PairScores = Callable[[NDArray[np.int64], NDArray[np.int32]], NDArray[np.float32]]
"""Returns the scores of pairs of query and item, (pairs,); the pairs come in the order of their queries."""


class Scores(NamedTuple):
    """What a model says of some queries as one source among several: its best items, and the scores of any others."""

    best: Ranked
    of: PairScores


class Listing(NamedTuple):
    """What a model says of a single query as one source among several."""

    scores: NDArray[np.float32]
    """Of all items, or of those that are listed."""
    items: NDArray[np.int32] | None = None
    """The listed items, each once and in any order; None: all of them."""
    rest: NDArray[np.float32] | None = None
    """The score of each item that is not listed or has 0, (items,); None: 0."""
    of: PairScores | None = None
    """What says the scores of any items where only the best are listed; None: the listed ones are all that count."""

    @classmethod
    def of_best(cls, scores: Scores) -> "Listing":
        """Return the best items of a single query, and what says the scores of others."""
        return cls(scores.best.scores[0], scores.best.items[0], of=scores.of)

    def of_items(self, items: NDArray[np.int32], listed: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores of some items, given those of the listed ones and 0 for others, (items,)."""
        if self.of is not None:
            return self.of(np.zeros(len(items), np.int64), items)
        return listed if self.rest is None else np.where(listed == 0, self.rest[items], listed)
