"""The first stage: several recommenders, each with a quota, propose candidates for a shelf."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.positive_numpy import Listings
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Scores
from aisle.recommenders.topn import BLOCK_BYTES, FEW, compiled

Floats = NDArray[np.float32]

MAX_CANDIDATES: Final = 200
"""At most so many candidates of a query go to the ranker."""


class Source(NamedTuple):
    """A fitted recommender that proposes candidates."""

    recommender: Recommender[Any]
    quota: int
    """How many items of each query it may propose."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of some queries, and how each source ranks and scores them.

    Attributes
    ----------
    lists
        The candidates of each query, in ascending order of their numbers.
    scores
        The score of each candidate by each source, divided by the source's best score for the query; NaN where the
        source cannot score it, (candidates, sources).
    ranks
        The rank of each candidate in each source from 1; NaN where the source does not propose it,
        (candidates, sources).
    """

    lists: ItemLists
    sources: tuple[str, ...]
    scores: Floats
    ranks: Floats

    def __len__(self) -> int:
        return len(self.lists.items)

    def of_sources(self, names: tuple[str, ...]) -> "Candidates":
        """Return the candidates with the columns of the named sources, in that order; missing sources are all NaN."""
        scores, ranks = (columns_of(by_source, self.sources, names) for by_source in (self.scores, self.ranks))
        return Candidates(self.lists, names, scores, ranks)

    def where(self, mask: NDArray[np.bool_]) -> "Candidates":
        """Return the candidates for which a mask (candidates,) is true."""
        return Candidates(self.lists.where(mask), self.sources, self.scores[mask], self.ranks[mask])


def columns_of(by_source: Floats, sources: tuple[str, ...], names: tuple[str, ...]) -> Floats:
    """Return the columns (candidates, sources) of the named sources, in that order; missing sources are all NaN."""
    if names == sources:
        return by_source
    columns = [sources.index(name) if name in sources else len(sources) for name in names]
    missing = np.full((len(by_source), 1), np.nan, np.float32)
    return np.concatenate((by_source, missing), axis=1)[:, columns]


Keep = Callable[[ItemLists, Floats], NDArray[np.bool_]]
"""Returns which candidates to keep, (candidates,), given them and their ranks, (candidates, sources)."""


def gather(
    sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None = None, keep: Keep | None = None
) -> Candidates:
    """Return the union of what the sources propose; every source scores every candidate.

    Parameters
    ----------
    sources
        By name; at least one.
    exclude
        Items that are never candidates, a list per query.
    keep
        Which of them to keep; None: all.
    """
    items_count = next(iter(sources.values())).recommender.items_count
    if len(queries) == 1:
        return _gather_one(sources, queries, exclude, keep, items_count)
    rows = max(1, BLOCK_BYTES // (4 * (len(sources) + 2) * max(1, items_count)))
    if rows <= FEW:
        rows = 1  # of a single query, sources list what they reach instead of filling a row of the whole catalogue
    if len(queries) <= rows:
        return _gather_block(sources, queries, exclude, keep)
    blocks = [
        gather(
            sources,
            queries.slice(start, min(start + rows, len(queries))),
            exclude.slice(start, min(start + rows, len(queries))) if exclude else None,
            keep,
        )
        for start in range(0, len(queries), rows)
    ]
    lengths = np.concatenate([np.diff(block.lists.indptr) for block in blocks])
    return Candidates(
        ItemLists(np.append(0, np.cumsum(lengths)), np.concatenate([block.lists.items for block in blocks])),
        tuple(sources),
        np.concatenate([block.scores for block in blocks]),
        np.concatenate([block.ranks for block in blocks]),
    )


def _gather_one(
    sources: Mapping[str, Source], query: QueryBatch, exclude: ItemLists | None, keep: Keep | None, items_count: int
) -> Candidates:
    """Return what `gather` does for a single query, whose sources list what they reach."""
    excluded = np.zeros(0, np.int32) if exclude is None else exclude.items
    of_sources = [source.recommender.listing(query, source.quota + len(excluded)) for source in sources.values()]
    quotas = np.array([source.quota for source in sources.values()])
    if compiled(1):
        from aisle.kernels.positive import propose
    else:
        from aisle.kernels.positive_numpy import propose
    items, ranks, scores, best = propose(_joined(of_sources), quotas, excluded, items_count)
    lists = ItemLists.one(items)
    if keep is not None:
        kept = keep(lists, ranks)
        lists, ranks, scores = lists.where(kept), ranks[kept], scores[kept]
    for column, listing in enumerate(of_sources):
        if listing.of is not None or listing.rest is not None:
            scores[:, column] = listing.of_items(lists.items, scores[:, column])
    return Candidates(lists, tuple(sources), np.divide(scores, best, out=scores), ranks)


def _joined(listings: Sequence[Listing]) -> Listings:
    """Return what sources say, one after the other."""
    items, item_starts, listed = [np.zeros(0, np.int32)], list[int](), 0
    for listing in listings:
        item_starts.append(-1 if listing.items is None else listed)
        if listing.items is not None:
            items.append(listing.items)
            listed += len(listing.items)
    starts = list(accumulate((len(listing.scores) for listing in listings), initial=0))
    scores = np.concatenate([listing.scores for listing in listings])
    return Listings(np.concatenate(items), scores, np.array(item_starts), np.array(starts))


def _gather_block(
    sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None, keep: Keep | None
) -> Candidates:
    unwanted = 0 if exclude is None else int(np.diff(exclude.indptr).max(initial=0))
    found = [source.recommender.scores(queries, source.quota + unwanted) for source in sources.values()]
    lists, ranks = _union(sources, found, len(queries), exclude)
    if keep is not None:
        kept = keep(lists, ranks)
        lists, ranks = lists.where(kept), ranks[kept]
    query, scores = lists.queries, np.empty(ranks.shape, np.float32)
    for column, of_source in enumerate(found):
        scores[:, column] = of_source.of(query, lists.items)
    best = np.concatenate([of_source.best.scores[:, :1] for of_source in found], axis=1)[query]
    np.divide(scores, np.where(best > 0, best, np.float32(np.nan)), out=scores)
    return Candidates(lists, tuple(sources), scores, ranks)


def _union(
    sources: Mapping[str, Source], found: Sequence[Scores], queries: int, exclude: ItemLists | None
) -> tuple[ItemLists, Floats]:
    """Return what the sources propose, their top items with a score above 0, and the ranks (candidates, sources)."""
    items, scores = (
        np.concatenate(of_all, axis=1)
        for of_all in zip(*((of.best.items, of.best.scores) for of in found), strict=True)
    )
    proposals = np.where(scores > 0, items, np.int32(-1))
    widths = np.array([of.best.items.shape[1] for of in found])
    quotas = np.array([source.quota for source in sources.values()])
    exclude = exclude or ItemLists.empty(queries)
    if compiled(queries):
        from aisle.kernels.union import union
    else:
        from aisle.kernels.union_numpy import union
    indptr, members, ranks = union(proposals, widths, quotas, exclude.indptr, exclude.items)
    return ItemLists(indptr, members), ranks
