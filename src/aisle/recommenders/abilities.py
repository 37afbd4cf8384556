"""What a recommender can do beyond scoring: declared by its class, never found out by trying."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import InputError


class FoldsIn:
    """Ability: personal scores for a shopper it never saw, from the history alone."""


class HasItemVectors(ABC):
    """Ability: scores are inner products of query and item vectors."""

    @property
    @abstractmethod
    def item_vectors(self) -> NDArray[np.float32]:
        """Vectors (items, factors) float32, C-contiguous."""

    @abstractmethod
    def query_vectors(self, queries: QueryBatch) -> NDArray[np.float32]:
        """Return vectors (queries, factors) float32, C-contiguous."""


class PredictsRatings(ABC):
    """Ability: scores are stars on the shop's own scale.

    They are not held within the scale, so that the best stay apart; `stars` does that, for whoever shows them. The item
    with the most predicted stars is rarely the one that a shopper takes next: such a model ranks worse than one that
    learns what shoppers do.
    """

    @property
    @abstractmethod
    def scale(self) -> tuple[float, float]:
        """The worst and the best rating that the model has learnt from."""

    @property
    @abstractmethod
    def users_count(self) -> int:
        """How many users the model was trained on."""

    @property
    @abstractmethod
    def items_count(self) -> int:
        """How many items the model knows."""

    def stars(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hold scores within the scale."""
        return np.clip(scores, *self.scale)

    def predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the predicted stars of pairs, (pairs,), within the scale, for users as the training left them.

        It asks nothing of their history, and is the quick way for many pairs of known users; `score` answers for
        everybody.

        Parameters
        ----------
        users, items
            Numbers of the training data, (pairs,).

        Raises
        ------
        InputError
            If a number is not of the training data.
        """
        for what, numbers, count in (("user", users, self.users_count), ("item", items, self.items_count)):
            strange = numbers[(numbers < 0) | (numbers >= count)]
            if len(strange):
                raise InputError(f"{what} {strange[0]} was not in the training data; score a query instead")
        return self.stars(self._predict(users, items))

    @abstractmethod
    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the predicted stars of pairs, not yet held within the scale."""


class Explains(ABC):
    """Ability: says which items of the history speak for a recommendation."""

    @abstractmethod
    def explain(self, queries: QueryBatch, query: int, item: int) -> NDArray[np.float32]:
        """Return what each entry of one query's history adds to the score of one item."""
