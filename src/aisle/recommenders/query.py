"""What goes into a recommender and what comes out: queries and ranked items, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ItemLists:
    """Ragged lists of items, one per query: list `q` is `items[indptr[q]:indptr[q + 1]]`."""

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def part(self, start: int, stop: int) -> "ItemLists":
        """Return the lists start … stop - 1, sharing memory."""
        first, last = self.indptr[start], self.indptr[stop]
        return ItemLists(self.indptr[start : stop + 1] - first, self.items[first:last])


@dataclass(frozen=True, eq=False)
class QueryBatch:
    """What a model scores: the histories of one or many shoppers, each oldest first, one entry per user–item pair.

    Attributes
    ----------
    history
        The items that each shopper has dealt with, in the model's dense numbers, in the order of the last event.
    weights
        What `prepare.weigh` makes of each pair, aligned with `history.items`; may be negative after a refund.
    timestamps
        The last moment of each pair, aligned with `history.items`.
    now
        The moment of the question.
    """

    history: ItemLists
    weights: NDArray[np.float32]
    timestamps: NDArray[np.int64]
    now: int

    def __len__(self) -> int:
        return len(self.history)

    def part(self, start: int, stop: int) -> "QueryBatch":
        """Return the queries start … stop - 1, sharing memory."""
        first, last = self.history.indptr[start], self.history.indptr[stop]
        return QueryBatch(
            self.history.part(start, stop), self.weights[first:last], self.timestamps[first:last], self.now
        )


@dataclass(frozen=True, eq=False)
class Ranked:
    """The best items of each query, best first: `items` int32 and `scores` float32, both (queries, n).

    Where there are fewer than n, the rest is item -1 with a score of NaN.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float32]
