"""The first stage: several recommenders, each with a quota, propose candidates for a shelf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, PairScores, QueryBatch
from aisle.recommenders.topn import BLOCK_BYTES

Floats = NDArray[np.float32]

MAX_CANDIDATES: Final = 200
"""At most so many candidates of a query go to the ranker."""


SPARSE: Final = 32
"""Numbers are marked in a table if at least one in so many is there, and are sorted otherwise."""


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
        if names == self.sources:
            return self
        columns = [self.sources.index(name) if name in self.sources else len(self.sources) for name in names]
        missing = np.full((len(self), 1), np.nan, np.float32)
        scores, ranks = (
            np.concatenate((by_source, missing), axis=1)[:, columns] for by_source in (self.scores, self.ranks)
        )
        return Candidates(self.lists, names, scores, ranks)

    def where(self, mask: NDArray[np.bool_]) -> "Candidates":
        """Return the candidates for which a mask (candidates,) is true."""
        indptr = np.append(0, np.cumsum(mask))[self.lists.indptr]
        lists = ItemLists(indptr, self.lists.items[mask])
        return Candidates(lists, self.sources, self.scores[mask], self.ranks[mask])


def gather(sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None = None) -> Candidates:
    """Return the union of what the sources propose; every source scores every candidate.

    Parameters
    ----------
    sources
        By name; at least one.
    exclude
        Items that are never candidates, a list per query.
    """
    items_count = next(iter(sources.values())).recommender.items_count
    rows = max(1, BLOCK_BYTES // (4 * (len(sources) + 2) * max(1, items_count)))
    blocks = [
        _gather_block(
            sources,
            queries.slice(start, min(start + rows, len(queries))),
            exclude.slice(start, min(start + rows, len(queries))) if exclude else None,
        )
        for start in range(0, max(1, len(queries)), rows)
    ]
    lengths = np.concatenate([np.diff(block.lists.indptr) for block in blocks])
    return Candidates(
        ItemLists(np.append(0, np.cumsum(lengths)), np.concatenate([block.lists.items for block in blocks])),
        tuple(sources),
        np.concatenate([block.scores for block in blocks]),
        np.concatenate([block.ranks for block in blocks]),
    )


class _Proposals(NamedTuple):
    """The proposals of one source."""

    pairs: NDArray[np.int64]
    """query · items + item of each proposal, (proposals,)."""
    ranks: NDArray[np.int64]
    """From 1, (proposals,)."""
    best: Floats
    """The best score of each query, 0 where none is above 0, (queries,)."""
    of: PairScores

    def shares(self, query: NDArray[np.int64], item: NDArray[np.int32]) -> Floats:
        """Return the scores of some pairs as shares of the best one of their query, (pairs,)."""
        best = self.best[query]
        shares = np.full(len(query), np.nan, np.float32)
        return np.asarray(np.divide(self.of(query, item), best, out=shares, where=best > 0))


def _gather_block(sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None) -> Candidates:
    items = max(1, next(iter(sources.values())).recommender.items_count)
    proposals = [_propose(source, queries, exclude, items) for source in sources.values()]
    pairs, places = _union([of_source.pairs for of_source in proposals], len(queries) * items)
    query = pairs // items
    item = (pairs - query * items).astype(np.int32)
    ranks = np.full((len(pairs), len(proposals)), np.nan, np.float32)
    for column, (of_source, place) in enumerate(zip(proposals, places, strict=True)):
        ranks[place, column] = of_source.ranks
    scores = np.stack([of_source.shares(query, item) for of_source in proposals], axis=1)
    return Candidates(ItemLists.of_pairs(query, item, len(queries)), tuple(sources), scores, ranks)


def _union(sets: Sequence[NDArray[np.int64]], cells: int) -> tuple[NDArray[np.int64], list[NDArray[np.integer]]]:
    """Return all members of some sets of numbers below `cells`, ascending, and the places of each set's members."""
    if sum(map(len, sets)) * SPARSE < cells:
        union = np.unique(np.concatenate(sets))
        return union, [np.searchsorted(union, members) for members in sets]
    place = np.zeros(cells, np.int32)
    for members in sets:
        place[members] = 1
    union = np.flatnonzero(place)
    place[union] = np.arange(len(union), dtype=np.int32)
    return union, [place[members] for members in sets]


def _propose(source: Source, queries: QueryBatch, exclude: ItemLists | None, items: int) -> _Proposals:
    """Return the proposals of a source: its top items with a score above 0."""
    unwanted = 0 if exclude is None else int(np.diff(exclude.indptr).max(initial=0))
    scores = source.recommender.scores(queries, source.quota + unwanted)
    best = np.fmax(scores.best.scores[:, 0], np.float32(0))
    top = scores.best if exclude is None or unwanted == 0 else scores.best.without(exclude, source.quota)
    query, place = np.nonzero(top.scores > 0)
    return _Proposals(query * items + top.items[query, place], place + 1, best, scores.of)
