"""What histories link to: of many queries a dense matrix, and of a single one a list, however large the catalogue."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.query import Listing, PairScores, QueryBatch, Ranked
from aisle.recommenders.sparse import answered, products
from aisle.recommenders.topn import compiled, topn_positive

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class DenseReach:
    """The scores of all items, 0 where nothing is linked to, (queries, items)."""

    dense: Floats

    def answering(self, queries: QueryBatch) -> Self:
        """Return the same with NaN for queries without a positive weight."""
        answered(self.dense, queries)
        return self

    def listing(self, rest: Floats | None = None) -> Listing:
        """Return what is said of a single query, and the scores of items with 0."""
        return Listing(self.dense[0], rest=rest)

    def best(self, n: int) -> Ranked:
        """Return the n best items of each query with a score above 0."""
        return topn_positive(self.dense, n)

    def of(self, query: NDArray[np.int64], item: Ints) -> Floats:
        """Return the scores of pairs of query and item, (pairs,)."""
        return self.dense[query, item]


@dataclass(frozen=True, eq=False)
class ListedReach:
    """The items that a single query links to, each once and in any order, and their scores, (linked,).

    Attributes
    ----------
    count
        The number of all items.
    otherwise
        The score of all other items.
    """

    items: Ints
    scores: Floats
    count: int
    otherwise: float = 0.0

    @property
    def dense(self) -> Floats:
        """The scores of all items, (1, items)."""
        dense = np.full((1, self.count), self.otherwise, np.float32)
        dense[0, self.items] = self.scores
        return dense

    def answering(self, queries: QueryBatch) -> "ListedReach":
        """Return the same, or NaN for a query without a positive weight."""
        if not queries.likes_nothing[0]:
            return self
        return ListedReach(self.items[:0], self.scores[:0], self.count, np.nan)

    def listing(self, rest: Floats | None = None) -> Listing:
        """Return what is said of the query, and the scores of items with 0."""
        return Listing(self.scores, self.items, rest) if self.otherwise == 0 else Listing(self.dense[0])

    def best(self, n: int) -> Ranked:
        """Return the n best items with a score above 0."""
        from aisle.kernels.positive import top_among

        return Ranked(*top_among(self.items, self.scores, n))

    def scored_anew(self, ranked: Ranked, of: PairScores) -> "ListedReach":
        """Return the ranked items alone, with other scores."""
        items = ranked.items[0, ranked.items[0] >= 0]
        return ListedReach(items, of(np.zeros(len(items), np.int64), items), self.count)

    def of(self, query: NDArray[np.int64], item: Ints) -> Floats:
        """Return the scores of items, (pairs,)."""
        from aisle.kernels.lists import look_up

        return look_up(self.items, self.scores, self.otherwise, item, self.count)


Reach = DenseReach | ListedReach


def is_listed(queries: QueryBatch) -> bool:
    """Whether what queries link to is a list: of a single one, where kernels are loaded."""
    return len(queries) == 1 and compiled(1)


def reach(queries: QueryBatch, history: CSR, links: CSR) -> Reach:
    """Return what histories link to: (queries, items) times (items, items)."""
    items = len(links.indptr) - 1
    if not is_listed(queries):
        return DenseReach(products(history, links, items))
    from aisle.kernels.products import reach

    return ListedReach(*reach(history, links, items), items)
