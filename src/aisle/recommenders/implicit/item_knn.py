"""Items like those in the history: neighbourhoods of items, by the shoppers who want them.

Sarwar, Karypis, Konstan and Riedl, "Item-based Collaborative Filtering Recommendation Algorithms" (2001); the
similarities and their sources are in `recommenders.similarity`.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import Listing, QueryBatch, Scores
from aisle.recommenders.ranges import Neighbours, NotNegative, Share
from aisle.recommenders.reach import reach
from aisle.recommenders.similarity import Measure, Similarity
from aisle.recommenders.sparse import (
    answered,
    entries_of,
    history_rows,
    products,
    top_products,
    training_rows,
)


class ItemKNNConfig(Config, frozen=True):
    """How items are compared, and how many links each item keeps."""

    neighbours: Neighbours = 200
    """The number of items that each item links to, itself among them."""
    similarity: Similarity = "tfidf"
    """The similarity of two items."""
    alpha: Share = 0.7
    """cosine and tfidf: the exponent of the size of the item in the history, and 1 - alpha that of the other item; ½ is
    the cosine, more favours popular items."""
    shrinkage: NotNegative = 0.0
    """Added to the denominator, so that items with few shoppers in common are less similar."""


class ItemKNN(FoldsIn, Explains, Recommender[ItemKNNConfig]):
    """An item's score is the sum over the history of weight × similarity, along the links.

    An item is most similar to itself, so that things bought before may come again. A query without a positive weight
    has scores of NaN; an item without a link from the history has 0.
    """

    name = "item_knn"

    links_: CSR
    """Row i holds the items that item i links to, with their similarity, (items, items)."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Compare all items with common shoppers, and keep the most similar of each."""
        config = self.config
        users, items = data.shape
        by_item = training_rows(data.matrix).transposed(items)
        measure = Measure.of(config.similarity, by_item, users)
        weighted = measure.weighted(by_item)
        sizes = measure.sizes(weighted)
        denominator = measure.denominator(sizes, sizes, config.alpha, config.shrinkage)
        self.links_ = top_products(weighted, weighted.transposed(users), denominator, config.neighbours)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return weighted sums of similarities; NaN for a query that likes nothing."""
        history = history_rows(queries)
        return answered(products(history, self.links_, self.items_count), queries, items)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query with a score above 0, and the scores of any others."""
        linked = reach(queries, history_rows(queries), self.links_).answering(queries)
        return Scores(linked.best(n), linked.of)

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the items that a single query links to."""
        return reach(query, history_rows(query), self.links_).answering(query).listing()

    def explain(self, queries: QueryBatch, query: int, item: int) -> NDArray[np.float32]:
        """Return weight × similarity of each entry of one query's history, (entries,); the sum is the score."""
        single = queries.single(query)
        return single.weights * entries_of(self.links_, single.history.items, item)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.links_.indptr) - 1
