"""The figures of a model for different kinds of shoppers and items: new and heavy shoppers, items hardly known."""

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.metrics import ranking
from aisle.metrics.ranking import Values
from aisle.recommenders.query import ItemLists

if TYPE_CHECKING:
    from aisle.evaluation.holdout import Holdout

HEAVY: Final = 0.75
"""Shoppers are heavy if their history is longer than this share of all histories."""

COLD: Final = 5
"""Items are cold if they have fewer events than this before the window."""


class Segment(Struct, frozen=True):
    """Recall and NDCG at k over some of the queries.

    Attributes
    ----------
    shoppers
        The number of shoppers who had something to find.
    recall, ndcg
        Means over them; null if there are none.
    """

    shoppers: int
    recall: float | None
    ndcg: float | None

    @classmethod
    def of(cls, recall: Values, ndcg: Values) -> "Segment":
        """Take the means of the values of queries, NaN where there was nothing to find."""
        shoppers = int((~np.isnan(recall)).sum())
        return cls(shoppers, ranking.mean(recall), ranking.mean(ndcg)) if shoppers else cls(0, None, None)


class Segments(Struct, frozen=True):
    """The figures of all queries, split.

    Attributes
    ----------
    new
        Shoppers without a history.
    returning
        Shoppers with one, who are not heavy.
    heavy
        Shoppers with a long history (`HEAVY`).
    cold_items
        All shoppers, with only items as relevant that hardly had any events before (`COLD`).
    """

    new: Segment
    returning: Segment
    heavy: Segment
    cold_items: Segment

    @classmethod
    def of(cls, shown: NDArray[np.int32], recall: Values, ndcg: Values, holdout: "Holdout") -> "Segments":
        """Split the queries of a holdout.

        Parameters
        ----------
        shown
            The items of each list, best first, -1 in empty places, (queries, k).
        recall, ndcg
            At k, of each query.
        """
        lengths = np.diff(holdout.queries.history.indptr)
        long = np.quantile(lengths[lengths > 0], HEAVY) if (lengths > 0).any() else 0
        segments = (lengths == 0, (lengths > 0) & (lengths <= long), lengths > long)
        new, returning, heavy = (Segment.of(recall[segment], ndcg[segment]) for segment in segments)
        hits, k = _cold_hits(shown, holdout), shown.shape[1]
        return cls(new, returning, heavy, Segment.of(ranking.recall(hits, k), ranking.ndcg(hits, k)))


def _cold_hits(shown: NDArray[np.int32], holdout: "Holdout") -> ranking.Hits:
    """Return the hits of lists if only cold items are relevant."""
    events = np.bincount(holdout.train.log.item, minlength=len(holdout.train.items))
    cold = events[holdout.truth.items] < COLD
    wanted = ItemLists.of_pairs(holdout.truth.queries[cold], holdout.truth.items[cold], len(holdout))
    return ranking.find_hits(shown, wanted.indptr, wanted.items)
