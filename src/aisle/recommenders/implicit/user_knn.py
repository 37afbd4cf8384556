"""What shoppers with a similar history want: neighbourhoods of users.

Resnick, Iacovou, Suchak, Bergstrom and Riedl, "GroupLens" (1994), for implicit feedback; votes for popular items are
discounted as in RP3β (Paudel, Christoffel, Newell and Bernstein, 2017). The measures and their sources stand in
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
from aisle.recommenders.similarity import Measure, Neighbours, Share, Shrinkage, Similarity
from aisle.recommenders.sparse import (
    answered,
    history_rows,
    liked_rows,
    products,
    scaled,
    top_products,
    training_rows,
    transposed,
)

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]


class UserKNNConfig(Config, frozen=True):
    """How alike shoppers are, how many are heard, and what their votes count."""

    neighbours: Neighbours = 200
    """How many users a query hears."""
    similarity: Similarity = "tfidf"
    """How a query is compared with a user."""
    alpha: Share = 0.3
    """How much of the denominator is the size of the query, for cosine and tfidf; ½ is the cosine, less favours users
    with few items."""
    shrinkage: Shrinkage = 0.0
    """Added to the denominator, so that users with little in common seem less alike."""
    popularity_discount: Share = 0.3
    """An item that n users want gets votes of n^-discount."""


class UserKNN(Recommender[UserKNNConfig], FoldsIn):
    """An item's score is the sum over the most similar users of similarity × what the item is worth to them.

    A query is compared by its history alone, so a shopper known from training is their own nearest neighbour, which
    changes nothing between items they do not have yet. Entries that are not above 0 are passed over; a query without
    any other has scores of NaN.
    """

    name = "user_knn"
    config_type: ClassVar[type[Config]] = UserKNNConfig

    measure_: Measure
    votes_: CSR
    """What the items of each user are worth to a query that hears them, (users, items)."""
    wanted_: CSR
    """The weights by which users are compared, (items, users)."""
    sizes_: Floats
    """The size of each user, (users,)."""

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Weigh the training data by user and by item.

        Raises
        ------
        NotEnoughData
            If nobody likes anything.
        InputError
            If a weight is not a finite number.
        """
        users, items = data.shape
        by_user = training_rows(data.matrix)
        self.measure_ = Measure.of(self.config.similarity, by_user, items)
        weighted = self.measure_.weighted(by_user)
        self.sizes_ = self.measure_.sizes(weighted)
        self.wanted_ = transposed(weighted, items)
        popularity = np.maximum(self.wanted_.counts, 1).astype(np.float32)
        discounts = popularity ** np.float32(-self.config.popularity_discount)
        self.votes_ = scaled(by_user, np.ones(users, np.float32), discounts)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return the votes of each query's neighbours; NaN for a query that likes nothing."""
        history = liked_rows(history_rows(queries))
        weighted = self.measure_.weighted(history)
        sizes = self.measure_.sizes(weighted)
        likeness = self.measure_.likeness(sizes, self.sizes_, self.config.alpha, self.config.shrinkage)
        neighbours = top_products(weighted, self.wanted_, likeness, self.config.neighbours)
        return answered(products(neighbours, self.votes_, self.items_count), history, items)

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.wanted_.indptr) - 1

    def arrays(self) -> dict[str, Array]:
        """Return votes, weights and sizes."""
        tables = {"votes": self.votes_, "wanted": self.wanted_}
        return {
            f"{name}_{part}": array for name, table in tables.items() for part, array in table._asdict().items()
        } | {
            "sizes": self.sizes_,
            "rarity": self.measure_.rarity,
            "mean_length": self.measure_.mean_length,
        }

    @classmethod
    def from_arrays(cls, config: UserKNNConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its arrays."""
        plain = {name: np.asarray(array) for name, array in arrays.items()}
        model = cls(config)
        model.measure_ = Measure(config.similarity, plain["rarity"], plain["mean_length"])
        model.votes_, model.wanted_ = (
            CSR(*(plain[f"{name}_{part}"] for part in CSR._fields)) for name in ("votes", "wanted")
        )
        model.sizes_ = plain["sizes"]
        return model
