"""The first stage: several recommenders, each with a quota, say what a shelf could hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.recommenders.topn import BLOCK_BYTES, topn

Floats = NDArray[np.float32]

MOST: Final = 200
"""So many candidates of a query go to the ranker at most."""


class Source(NamedTuple):
    """A fitted recommender that proposes candidates."""

    recommender: Recommender[Any]
    quota: int
    """How many items of each query it may propose."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What could stand on the shelves of some queries, and what the sources say of it.

    Attributes
    ----------
    lists
        The candidates of each query, in ascending order of their numbers.
    sources
        The names of the sources.
    scores
        The score of each candidate by each source as a share of the best that the query has there, NaN where the
        source cannot say, (candidates, sources).
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
        """Return them with the word of the named sources, in that order; one that was not asked says NaN."""
        if names == self.sources:
            return self
        columns = [self.sources.index(name) if name in self.sources else len(self.sources) for name in names]
        silent = np.full((len(self), 1), np.nan, np.float32)
        scores, ranks = (np.concatenate((said, silent), axis=1)[:, columns] for said in (self.scores, self.ranks))
        return Candidates(self.lists, names, scores, ranks)

    def where(self, chosen: NDArray[np.bool_]) -> "Candidates":
        """Return the chosen ones, (candidates,)."""
        indptr = np.append(0, np.cumsum(chosen))[self.lists.indptr]
        lists = ItemLists(indptr, self.lists.items[chosen])
        return Candidates(lists, self.sources, self.scores[chosen], self.ranks[chosen])


def gather(sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None = None) -> Candidates:
    """Return the union of what the sources propose, with the word of each source on every candidate.

    Parameters
    ----------
    sources
        By name; at least one.
    queries
        Who is asked about.
    exclude
        Items that are out of the question, a list per query.
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
    """What one source says."""

    pairs: NDArray[np.int64]
    """query · items + item of each proposal, (proposals,)."""
    ranks: NDArray[np.int64]
    """From 1, (proposals,)."""
    scores: Floats
    """Of all items, (queries, items)."""

    def shares(self, query: NDArray[np.int64], item: NDArray[np.int64]) -> Floats:
        """Return the scores of some pairs as shares of the best one of their query, (pairs,)."""
        with np.errstate(invalid="ignore"):
            best = np.fmax.reduce(self.scores, axis=1, initial=0)[query]
        nothing = np.full(len(query), np.nan, np.float32)
        return np.asarray(np.divide(self.scores[query, item], best, out=nothing, where=best > 0))


def _gather_block(sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None) -> Candidates:
    said = [_ask(source, queries, exclude) for source in sources.values()]
    pairs = np.unique(np.concatenate([one.pairs for one in said]))
    query, item = np.divmod(pairs, max(1, said[0].scores.shape[1]))
    ranks = np.full((len(pairs), len(said)), np.nan, np.float32)
    for column, one in enumerate(said):
        ranks[np.searchsorted(pairs, one.pairs), column] = one.ranks
    scores = np.stack([one.shares(query, item) for one in said], axis=1)
    return Candidates(ItemLists.of_pairs(query, item.astype(np.int32), len(queries)), tuple(sources), scores, ranks)


def _ask(source: Source, queries: QueryBatch, exclude: ItemLists | None) -> _Proposals:
    """Return the proposals of a source; what scores 0 or less only fills a list up, and is none."""
    scores = source.recommender.score(queries)
    proposed = topn(scores, source.quota, exclude)
    query, place = np.nonzero(proposed.scores > 0)
    return _Proposals(query * scores.shape[1] + proposed.items[query, place], place + 1, scores)
