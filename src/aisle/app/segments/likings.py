"""Who will like a brand or category: the live model's own lists of all shoppers, read the other way round."""

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from aisle import kernels
from aisle.engine.model import TrainedModel
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.queries import query_batch
from aisle.kernels.threads import all_cores, share_out
from aisle.prepare.build import NEEDED, build
from aisle.shop.columns import RATING, TIMESTAMP, USER_ID

LIST: Final = 50
"""How many items a shopper's own list has."""

PART: Final = 64
"""A thread makes the lists of about so many shoppers at a time."""


class Likings:
    """Tells who will like some items most.

    Shoppers cannot be compared by their scores, which are on a scale of each one's own; but by where the items stand on
    the list that the model makes for each: a shopper's liking is the sum of 1 / log₂(rank + 1) over those on it.

    Parameters
    ----------
    events
        The shop's log.
    model
        Returns the live model; asked for only when it is needed.
    """

    def __init__(self, events: pl.LazyFrame, model: Callable[[], TrainedModel]) -> None:
        self._events = events
        self._model = model

    def __call__(self, item_ids: pl.Series, most: int) -> pl.Series:
        """Return the ids of at most so many shoppers, those who will like the items most first.

        Raises
        ------
        NoModel
            If nothing is trained yet.
        """
        model = self._model()
        users, lists = self._lists
        wanted = np.zeros(len(model.items) + 1, np.float32)  # the last place is that of no item, -1
        wanted[model.items.numbers(item_ids.to_list())] = 1.0
        wanted[-1] = 0.0
        likings = wanted[lists] @ (1 / np.log2(np.arange(2, LIST + 2, dtype=np.float32)))
        found = pl.DataFrame({USER_ID: users, "liking": likings}, schema={USER_ID: pl.String, "liking": pl.Float32})
        best = found.filter(pl.col("liking") > 0).sort(["liking", USER_ID], descending=[True, False])
        return best[USER_ID].head(most)

    @cached_property
    def _lists(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """The ids of all shoppers, and the items on their lists, best first, (shoppers, LIST); -1: an empty place."""
        model = self._model()
        columns = [*NEEDED, RATING]
        known = self._events.filter(pl.col(USER_ID).is_not_null()).select(columns).collect(engine="streaming")
        now = int(known[TIMESTAMP].max() or 0) + 1  # type: ignore[arg-type]  # a column of integers
        data = build(known.with_columns(cs.string().cast(pl.Categorical)), model.weights, now, items=model.items)
        queries = query_batch(data, np.arange(len(data.users), dtype=np.int32))
        retrieval = Retrieval(model.taste, model.popular)
        kernels.load()

        def fill(start: int, stop: int) -> NDArray[np.int32]:
            return retrieval.own(queries.slice(start, stop), LIST)[0].items

        count = max(1, len(queries) // PART)
        with all_cores():
            filled = share_out(fill, [len(queries) * part // count for part in range(count + 1)])
        return data.users.ids, np.concatenate(filled)
