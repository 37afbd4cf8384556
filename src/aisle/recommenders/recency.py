"""For models in which the newest items of a history count most: decayed histories, scores for all other items."""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.query import Listing, QueryBatch, Scores
from aisle.recommenders.reach import Reach
from aisle.recommenders.sparse import answered, history_rows

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Items = NDArray[np.int32]

FAINT: Final = 1e-6
"""Items without a link from the history score less than this below 0: enough to rank them, and no link scores so."""

FADED: Final = 1e-30
"""A weight below this counts as 0: numbers near the least that float32 can hold take ten times as long to multiply."""


def recent_rows(queries: QueryBatch, decay: float, last: int | None = None) -> CSR:
    """Return histories (queries, items) in which a liked item has the weight decay^(number of later liked items).

    Parameters
    ----------
    queries
        An item is liked if its weight is above 0; how far above does not matter.
    decay
        Above 0 and at most 1.
    last
        Only this number of the last liked items count; None: all. All other entries are 0.
    """
    history, later = history_rows(queries), queries.later_likes
    # As many powers as a history of twice the length may need, so that few lengths are told apart.
    fading = _fading(decay, last, 1 << len(later).bit_length())
    return history._replace(values=fading[later] * (history.values > 0))


@lru_cache(maxsize=64)
def _fading(decay: float, last: int | None, size: int) -> Floats:
    """Return the weight of a liked item by the number of later ones, (size,)."""
    weights = np.power(decay, np.arange(size), dtype=np.float64)
    weights[(weights < FADED) | (np.arange(size) >= (size if last is None else last))] = 0
    return weights.astype(np.float32)


def popular_rest(counts: NDArray[np.int64]) -> Floats:
    """Return scores in [-FAINT, 0), (items,), that rank items by their counts, (items,)."""
    rest: Floats = (FAINT * (counts / (1 + counts.max(initial=0)) - 1)).astype(np.float32)
    return rest


class RanksTheRest(ABC):
    """What the models share that rank by popularity what the history says nothing of.

    A class lists it before `Recommender`.
    """

    rest_: Floats
    """The scores of items without a link from the history, by `popular_rest`, (items,)."""

    @abstractmethod
    def _reached(self, queries: QueryBatch) -> Reach:
        """Return what histories link to."""

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return scores along links, and `rest_` for other items; NaN for a query without a positive weight."""
        scores = self._reached(queries).dense
        np.copyto(scores, self.rest_, where=scores == 0)
        return answered(scores, queries, items)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query that it links to, and the scores of any others."""
        reached = self._reached(queries).answering(queries)

        def of(query: Places, item: Items) -> Floats:
            scores = reached.of(query, item)
            return np.where(scores == 0, self.rest_[item], scores)

        return Scores(reached.best(n), of)

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return what a single query links to, and the scores of others."""
        return self._reached(query).answering(query).listing(self.rest_)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.rest_)
