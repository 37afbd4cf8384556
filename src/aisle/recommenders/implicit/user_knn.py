"""What shoppers with a similar history want: neighbourhoods of users.

Resnick, Iacovou, Suchak, Bergstrom and Riedl, "GroupLens" (1994), for implicit feedback; votes for popular items are
discounted as in RP3β (Paudel, Christoffel, Newell and Bernstein, 2017). The similarities and their sources are in
`recommenders.similarity`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.abilities import FoldsIn
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.query import QueryBatch
from aisle.recommenders.ranges import Neighbours, NotNegative, Share
from aisle.recommenders.similarity import Measure, Similarity
from aisle.recommenders.sparse import (
    answered,
    history_rows,
    liked_rows,
    products,
    scaled,
    table_arrays,
    table_of,
    top_products,
    training_rows,
)

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

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
    config_type: ClassVar[type[Config]] = UserKNNConfig

    measure_: Measure
    votes_: CSR
    """What each user votes for each item, (users, items)."""
    wanted_: CSR
    """The weights by which users are compared, (items, users)."""
    sizes_: Floats
    """The size of each user, (users,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Weigh the training data by user and by item."""
        users, items = data.shape
        by_user = training_rows(data.matrix)
        self.measure_ = Measure.of(self.config.similarity, by_user, items)
        weighted = self.measure_.weighted(by_user)
        self.sizes_ = self.measure_.sizes(weighted)
        self.wanted_ = weighted.transposed(items)
        popularity = np.maximum(self.wanted_.counts, 1).astype(np.float32)
        discounts = popularity ** np.float32(-self.config.popularity_discount)
        self.votes_ = scaled(by_user, np.ones(users, np.float32), discounts)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return the votes of each query's neighbours; NaN for a query without a positive weight."""
        history = liked_rows(history_rows(queries))
        weighted = self.measure_.weighted(history)
        sizes = self.measure_.sizes(weighted)
        denominator = self.measure_.denominator(sizes, self.sizes_, self.config.alpha, self.config.shrinkage)
        neighbours = top_products(weighted, self.wanted_, denominator, self.config.neighbours)
        return answered(products(neighbours, self.votes_, self.items_count), history, items)

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.wanted_.indptr) - 1

    def arrays(self) -> dict[str, Array]:
        """Return votes, weights and sizes."""
        return {
            **table_arrays("votes_", self.votes_),
            **table_arrays("wanted_", self.wanted_),
            "sizes": self.sizes_,
            "rarity": self.measure_.rarity,
            "mean_length": self.measure_.mean_length,
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.measure_ = Measure(self.config.similarity, arrays["rarity"], arrays["mean_length"])
        self.votes_, self.wanted_ = table_of("votes_", arrays), table_of("wanted_", arrays)
        self.sizes_ = arrays["sizes"]
