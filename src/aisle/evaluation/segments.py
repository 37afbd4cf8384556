"""How a model does for different kinds of shoppers and items: who is new, who buys much, and what is hardly known."""

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.metrics import ranking
from aisle.recommenders.query import ItemLists

if TYPE_CHECKING:
    from aisle.evaluation.holdout import Holdout

HEAVY: Final = 0.75
"""Heavy are the shoppers whose history is longer than that of such a share of those with one."""

COLD: Final = 5
"""Cold are items with fewer events before the window than this."""


class Segment(Struct, frozen=True):
    """Recall and NDCG at k over a part of the questions.

    Attributes
    ----------
    shoppers
        How many shoppers had something to find.
    recall, ndcg
        Means over them; null if there are none.
    """

    shoppers: int
    recall: float | None
    ndcg: float | None

    @classmethod
    def of(cls, hits: ranking.Hits, k: int) -> "Segment":
        """Take the means."""
        shoppers = int((hits.relevant > 0).sum())
        if shoppers == 0:
            return cls(0, None, None)
        return cls(shoppers, ranking.mean(ranking.recall(hits, k)), ranking.mean(ranking.ndcg(hits, k)))


class Segments(Struct, frozen=True):
    """The figures of `all`, part by part.

    Attributes
    ----------
    new
        Shoppers without a history.
    returning
        Shoppers with one, who are not heavy.
    heavy
        Shoppers with a long history (`HEAVY`).
    cold_items
        All shoppers, judged on items that hardly anybody had touched before (`COLD`).
    """

    new: Segment
    returning: Segment
    heavy: Segment
    cold_items: Segment

    @classmethod
    def of(cls, shown: NDArray[np.int32], hits: ranking.Hits, holdout: "Holdout", k: int) -> "Segments":
        """Split the questions of a holdout.

        Parameters
        ----------
        shown
            The items of each list, best first, -1 in empty places, (queries, k).
        hits
            Where they hit.
        holdout
            The questions.
        k
            How many places of a list count.
        """
        lengths = np.diff(holdout.queries.history.indptr)
        long = np.quantile(lengths[lengths > 0], HEAVY) if (lengths > 0).any() else 0
        parts = (lengths == 0, (lengths > 0) & (lengths <= long), lengths > long)
        new, returning, heavy = (Segment.of(ranking.Hits(hits.at[part], hits.relevant[part]), k) for part in parts)
        return cls(new, returning, heavy, Segment.of(_cold_hits(shown, holdout), k))


def _cold_hits(shown: NDArray[np.int32], holdout: "Holdout") -> ranking.Hits:
    """Return where lists hit if only cold items count."""
    touched = np.bincount(holdout.train.log.item, minlength=len(holdout.train.items))
    cold = touched[holdout.truth.items] < COLD
    wanted = ItemLists.of_pairs(holdout.truth.queries[cold], holdout.truth.items[cold], len(holdout))
    return ranking.find_hits(shown, wanted.indptr, wanted.items)
