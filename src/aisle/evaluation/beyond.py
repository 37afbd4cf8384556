"""Figures of a model's lists beyond accuracy: how novel, varied, even and surprising they are."""

from typing import TYPE_CHECKING, Final, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.metrics import beyond, ranking
from aisle.recommenders.query import ItemLists, QueryBatch

if TYPE_CHECKING:
    from aisle.evaluation.holdout import Holdout

SAMPLE: Final = 1000
"""The number of lists, evenly chosen, whose diversity is measured: that reads all users of every item on a list."""


class Beyond(Struct, frozen=True):
    """Mean figures at k over the lists of all shoppers; see `metrics.beyond` for the formulas.

    A figure is null where no list has what it needs.

    Attributes
    ----------
    novelty
        Mean self-information of the items shown, in bits: the higher, the less known they are.
    diversity
        Intra-list diversity by co-occurrence: 1 where no shopper has two items of a list.
    popularity
        Mean percentile of the items' popularity: 0.5 is the catalogue's average, 1 the bestseller.
    long_tail
        The share of places with items of the long tail: the many items with the last third of all interactions.
    gini
        How unevenly items are shown: 0 if all are shown equally often, near 1 if always the same few.
    serendipity
        The share of places with a hit that is not among the k most popular items.
    miscalibration
        How far the groups of a list are from those of the shopper's history, in nats: 0 if they are in proportion.
    groups
        The groups: `category`, or `popularity` for the head, middle and tail of the catalogue.
    """

    novelty: float | None
    diversity: float | None
    popularity: float | None
    long_tail: float | None
    gini: float | None
    serendipity: float | None
    miscalibration: float | None
    groups: str

    @classmethod
    def of(
        cls,
        shown: NDArray[np.int32],
        hits: ranking.Hits,
        holdout: "Holdout",
        k: int,
        category: NDArray[np.int32] | None = None,
    ) -> Self:
        """Measure lists.

        Parameters
        ----------
        shown
            Items, best first, then -1, (queries, n).
        category
            The category of each item as a number from 0, (items,), or None for a shop without categories.
        """
        owned = holdout.train.matrix.tocsc()
        counts = np.diff(owned.indptr)
        information = beyond.self_information(counts, len(holdout.train.users))
        thirds = beyond.popularity_thirds(counts)
        liked = _liked(holdout.queries)
        return cls(
            novelty=_mean(beyond.mean_of_items(shown, information, k)),
            diversity=_mean(beyond.diversity(_sample(shown), owned.indptr, owned.indices, k)),
            popularity=_mean(beyond.mean_of_items(shown, beyond.percentiles(counts), k)),
            long_tail=_mean(beyond.mean_of_items(shown, beyond.in_long_tail(thirds), k)),
            gini=_number(beyond.gini(shown, len(counts), k)),
            serendipity=_mean(beyond.serendipity(shown, hits, beyond.most_popular(counts, k), k)),
            miscalibration=_mean(
                beyond.miscalibration(shown, liked.indptr, liked.items, thirds if category is None else category, k)
            ),
            groups="popularity" if category is None else "category",
        )


def _liked(queries: QueryBatch) -> ItemLists:
    """Return the items of each history with a positive weight."""
    liked = queries.weights > 0
    return ItemLists.of_pairs(queries.history.queries[liked], queries.history.items[liked], len(queries))


def _sample(shown: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return at most `SAMPLE` lists, from the first to the last."""
    return shown[np.linspace(0, len(shown) - 1, min(len(shown), SAMPLE)).astype(np.intp)]


def _mean(values: ranking.Values) -> float | None:
    return _number(ranking.mean(values))


def _number(value: float) -> float | None:
    """Return a figure as a JSON type, which has no NaN."""
    return None if np.isnan(value) else value
