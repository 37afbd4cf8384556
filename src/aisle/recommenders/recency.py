"""What models that follow the newest items share: how a history counts, and scores for the rest of the catalogue."""

from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.sparse import answered, history_rows

Floats = NDArray[np.float32]

Decay = Annotated[float, msgspec.Meta(gt=0, le=1)]
Neighbours = Annotated[int, msgspec.Meta(ge=1, le=100_000)]

FAINT: Final = 1e-6
"""Items that nothing leads to score within this below 0: enough to rank them, too little to be taken for a link."""


def recent_rows(queries: QueryBatch, decay: float, last: int | None = None) -> CSR:
    """Return histories (queries, items) in which a liked item counts decay^(how many liked ones came later).

    Parameters
    ----------
    queries
        Whose weights say what is liked, and no more.
    decay
        Above 0 and at most 1.
    last
        Only so many of the last liked items count; None: all. What does not count is stored as 0.
    """
    history = history_rows(queries)
    liked = history.values > 0
    up_to = np.cumsum(liked)
    later = np.repeat(np.append(0, up_to)[history.indptr[1:]], history.counts) - up_to
    counted = liked if last is None else liked & (later < last)
    return history._replace(values=np.where(counted, np.power(decay, later, dtype=np.float64), 0).astype(np.float32))


def popular_rest(counts: NDArray[np.int64]) -> Floats:
    """Return scores in [-FAINT, 0), (items,), that rank all items by how often each was counted, (items,)."""
    rest: Floats = (FAINT * (counts / (1 + counts.max(initial=0)) - 1)).astype(np.float32)
    return rest


def completed(scores: Floats, history: CSR, rest: Floats, items: NDArray[np.int32] | None) -> Floats:
    """Return scores of the items asked for, with `rest` in place of 0 and NaN for histories that like nothing."""
    np.copyto(scores, rest, where=scores == 0)
    return answered(scores, history, items)
