"""The first stage: several recommenders, each with a quota, say what a shelf could hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
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
            queries.part(start, min(start + rows, len(queries))),
            exclude.part(start, min(start + rows, len(queries))) if exclude else None,
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


def _gather_block(sources: Mapping[str, Source], queries: QueryBatch, exclude: ItemLists | None) -> Candidates:
    said, ranks = [], []
    for source in sources.values():
        scores = source.recommender.score(queries)
        said.append(scores)
        ranks.append(_ranks(topn(scores, source.quota, exclude), scores.shape))
    wanted = np.any([rank > 0 for rank in ranks], axis=0)
    query, item = np.nonzero(wanted)
    rank = np.stack([one[query, item] for one in ranks], axis=1).astype(np.float32)
    score = np.stack([_relative(scores)[query, item] for scores in said], axis=1)
    return Candidates(
        ItemLists.of_pairs(query, item.astype(np.int32), len(queries)),
        tuple(sources),
        score,
        np.where(rank > 0, rank, np.float32(np.nan)),
    )


def _ranks(proposed: Ranked, shape: tuple[int, ...]) -> NDArray[np.int16]:
    """Return the rank of every item, 0 where it was not proposed, (queries, items).

    What scores 0 or less is only there to fill a list up, and not proposed.
    """
    ranks = np.zeros(shape, np.int16)
    query, place = np.nonzero(proposed.scores > 0)
    ranks[query, proposed.items[query, place]] = place + 1
    return ranks


def _relative(scores: Floats) -> Floats:
    """Return scores as shares of the best one of their query."""
    with np.errstate(invalid="ignore"):
        best = np.fmax.reduce(scores, axis=1, keepdims=True, initial=0)
    return np.divide(scores, best, out=np.full(scores.shape, np.nan, np.float32), where=best > 0)
