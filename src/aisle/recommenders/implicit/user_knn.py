"""What shoppers with a similar history want: neighbourhoods of users.

Resnick, Iacovou, Suchak, Bergstrom and Riedl, "GroupLens" (1994), for implicit feedback; votes for popular items are
discounted as in RP3β (Paudel, Christoffel, Newell and Bernstein, 2017). The similarities and their sources are in
`recommenders.similarity`.
"""

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Neighbours, NotNegative, Share
from aisle.recommenders.similarity import Measure, Similarity
from aisle.recommenders.sparse import (
    answered,
    history_rows,
    liked_rows,
    products,
    scaled,
    top_products,
    training_rows,
)

Floats = NDArray[np.float32]


class UserKNNConfig(Config, frozen=True):
    """How shoppers are compared, how many of them vote, and what their votes count."""

    neighbours: Neighbours = 200
    """The number of users who vote on the items of a query."""
    similarity: Similarity = "tfidf"
    """The similarity of a query and a user."""
    alpha: Share = 0.3
    """cosine and tfidf: the exponent of the size of the query, and 1 - alpha that of the user; ½ is the cosine, less
    favours users with few items."""
    shrinkage: NotNegative = 0.0
    """Added to the denominator, so that users with few items in common are less similar."""
    popularity_discount: Share = 0.3
    """Votes for an item that n users want are multiplied by n^-discount."""


class UserKNN(FoldsIn, Recommender[UserKNNConfig]):
    """An item's score is the sum over the most similar users of similarity × the user's vote.

    A query is compared by its history alone, so a shopper known from training is their own nearest neighbour, which
    changes nothing between items that they do not have yet. Only positive entries of a history count; a query without
    one has scores of NaN.
    """

    name = "user_knn"

    votes_: Annotated[CSR, "votes_"]
    """What each user votes for each item, (users, items)."""
    wanted_: Annotated[CSR, "wanted_"]
    """The weights by which users are compared, (items, users)."""
    sizes_: Floats
    """The size of each user, (users,)."""
    rarity_: Floats
    mean_length_: Floats
    """The statistics of the similarity."""

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Weigh the training data by user and by item."""
        users, items = data.shape
        by_user = training_rows(data.matrix)
        measure = Measure.of(self.config.similarity, by_user, items)
        self.rarity_, self.mean_length_ = measure.rarity, measure.mean_length
        weighted = measure.weighted(by_user)
        self.sizes_ = measure.sizes(weighted)
        self.wanted_ = weighted.transposed(items)
        popularity = np.maximum(self.wanted_.counts, 1).astype(np.float32)
        discounts = popularity ** np.float32(-self.config.popularity_discount)
        self.votes_ = scaled(by_user, np.ones(users, np.float32), discounts)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return the votes of each query's neighbours; NaN for a query without a positive weight."""
        history = liked_rows(history_rows(queries))
        measure = Measure(self.config.similarity, self.rarity_, self.mean_length_)
        weighted = measure.weighted(history)
        sizes = measure.sizes(weighted)
        denominator = measure.denominator(sizes, self.sizes_, self.config.alpha, self.config.shrinkage)
        neighbours = top_products(weighted, self.wanted_, denominator, self.config.neighbours)
        return answered(products(neighbours, self.votes_, self.items_count), queries, items)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.wanted_.indptr) - 1
