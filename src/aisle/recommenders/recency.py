"""For models in which the newest items of a history count most: decayed histories, scores for all other items."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.sparse import answered, history_rows

Floats = NDArray[np.float32]


FAINT: Final = 1e-6
"""Items without a link from the history score less than this below 0: enough to rank them, and no link scores so."""


class RanksTheRest:
    """What the models share that rank by popularity what the history says nothing of.

    A class lists it before `Recommender`.
    """

    rest_: Floats
    """The scores of items without a link from the history, (items,)."""

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.rest_)


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
    history = history_rows(queries)
    liked = history.values > 0
    liked_so_far = np.cumsum(liked)
    later = np.repeat(np.append(0, liked_so_far)[history.indptr[1:]], history.counts) - liked_so_far
    counted = liked if last is None else liked & (later < last)
    return history._replace(values=np.where(counted, np.power(decay, later, dtype=np.float64), 0).astype(np.float32))


def popular_rest(counts: NDArray[np.int64]) -> Floats:
    """Return scores in [-FAINT, 0), (items,), that rank items by their counts, (items,)."""
    rest: Floats = (FAINT * (counts / (1 + counts.max(initial=0)) - 1)).astype(np.float32)
    return rest


def completed(scores: Floats, history: CSR, rest: Floats, items: NDArray[np.int32] | None) -> Floats:
    """Return the scores of some items, with `rest` in place of 0, and NaN for histories without a positive weight."""
    np.copyto(scores, rest, where=scores == 0)
    return answered(scores, history, items)
