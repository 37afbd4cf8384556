"""Items like those in the history: neighbourhoods of items, by who wants them.

Sarwar, Karypis, Konstan and Riedl, "Item-based Collaborative Filtering Recommendation Algorithms" (2001); the measures
and their sources stand in `recommenders.similarity`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.abilities import Explains, FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.similarity import Measure, Neighbours, Share, Shrinkage, Similarity
from aisle.recommenders.sparse import (
    answered,
    entries_of,
    history_rows,
    products,
    top_products,
    training_rows,
    transposed,
)

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions


class ItemKNNConfig(Config, frozen=True):
    """How alike items are, and to how many others."""

    neighbours: Neighbours = 200
    """How many items each item speaks for, itself among them."""
    similarity: Similarity = "tfidf"
    """How two items are compared."""
    alpha: Share = 0.7
    """How much of the denominator is the size of the item in the history, for cosine and tfidf; ½ is the cosine, more
    favours popular items."""
    shrinkage: Shrinkage = 0.0
    """Added to the denominator, so that items with little in common seem less alike."""


class ItemKNN(Recommender[ItemKNNConfig], FoldsIn, Explains):
    """An item's score is the sum over the history of weight × similarity, over the links that were kept.

    An item is most like itself, so that things bought before may come again. A query without any positive weight has
    scores of NaN; an item unlike the whole history has 0.
    """

    name = "item_knn"
    config_type: ClassVar[type[Config]] = ItemKNNConfig

    links_: CSR
    """Row i holds the items that item i speaks for, and how strongly, (items, items)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Compare all items that somebody wants together, keeping the best of each on the way.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number.
        """
        config = self.config
        users, items = data.shape
        by_item = transposed(training_rows(data.matrix), items)
        measure = Measure.of(config.similarity, by_item, users)
        weighted = measure.weighted(by_item)
        sizes = measure.sizes(weighted)
        likeness = measure.likeness(sizes, sizes, config.alpha, config.shrinkage)
        self.links_ = top_products(weighted, transposed(weighted, users), likeness, config.neighbours)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return weighted sums of similarities; NaN for a query that likes nothing."""
        history = history_rows(queries)
        return answered(products(history, self.links_, self.items_count), history, items)

    def explain(self, queries: QueryBatch, query: int, item: int) -> NDArray[np.float32]:
        """Return weight × similarity of each entry of one query's history, (entries,); the sum is the score."""
        one = queries.slice(query, query + 1)
        return one.weights * entries_of(self.links_, one.history.items, item)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.links_.indptr) - 1

    def arrays(self) -> dict[str, Array]:
        """Return the links."""
        return self.links_._asdict()

    @classmethod
    def from_arrays(cls, config: ItemKNNConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its links."""
        model = cls(config)
        model.links_ = CSR(**{name: np.asarray(arrays[name]) for name in CSR._fields})
        return model
