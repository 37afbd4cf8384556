"""Scores that are the same for everybody."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array
from aisle.recommenders.query import QueryBatch


class FixedScores:
    """What the models share in which an item has one score for all; a class lists it before `Recommender`."""

    scores_: NDArray[np.float32]
    """The score of each item, (items,)."""

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Return the same row for every query, as a read-only view."""
        row = self.scores_ if items is None else self.scores_[items]
        return np.broadcast_to(row, (len(queries), len(row)))

    @property
    def items_count(self) -> int:
        """The number of items that the model knows."""
        return len(self.scores_)

    def arrays(self) -> dict[str, Array]:
        """Return the scores."""
        return {"scores": self.scores_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.scores_ = arrays["scores"]
