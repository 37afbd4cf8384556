"""A cleaned log on Spark, and what the models that learn from it there have in common.

What happens to events is written elsewhere, once, for Polars and Spark alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

import narwhals as nw
import numpy as np
import polars as pl
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  its name everywhere

from aisle.kernels.histories_numpy import BILLION
from aisle.prepare.aggregate import aggregate
from aisle.prepare.build import cleaned_events, weighed_events
from aisle.prepare.spark.frames import to_spark
from aisle.prepare.stray import steady_span
from aisle.prepare.votes import WEIGHT_OF_ITEM
from aisle.prepare.weigh import WEIGHT, Weights
from aisle.shop.columns import EVENT, ITEM_ID, TIMESTAMP, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY

ITEM: Final = "item"
USER: Final = "user"
"""Columns of dense numbers."""


@dataclass(frozen=True, eq=False)
class SparkLog:
    """A cleaned log on Spark, and what every model of it shares.

    Attributes
    ----------
    events
        With the columns of `prepare.build.NEEDED` and `OPTIONAL`; each event once.
    now
        The moment at which the log ends, from which ages count.
    items
        Which dense number stands for which item.
    """

    events: DataFrame
    weights: Weights
    now: int
    items: Vocabulary

    @classmethod
    def of(cls, events: DataFrame, weights: Weights, now: int, more_items: Iterable[str] = ()) -> Self:
        """Return the log of cleaned events, its items numbered together with more, such as those of the catalogue."""
        named = {row[ITEM_ID] for row in events.select(ITEM_ID).distinct().toLocalIterator()}
        # Strings in Python's order are in that of their code points, as are those of Polars and Spark in UTF-8.
        return cls(events, weights, now, Vocabulary(sorted(named.union(more_items))))

    def until(self, cut: int) -> Self:
        """Return the log as it stood at an earlier moment."""
        return self.of(self.events.filter(F.col(TIMESTAMP) < cut), self.weights, cut)

    def weighing(self, weights: Weights) -> Self:
        """Return the log with other weights."""
        return replace(self, weights=weights)

    def weighed(self) -> DataFrame:
        """Return the events with their weights, without ratings that were revised since."""
        frame: DataFrame = weighed_events(nw.from_native(self.events), self.weights, self.now).to_native()
        return frame

    def pairs(self) -> DataFrame:
        """Return who likes what: `user_id`, `item_id` and `weight`, above 0; the entries of `Interactions.matrix`."""
        of_users = nw.from_native(self.weighed()).filter(~nw.col(USER_ID).is_null())
        pairs: DataFrame = aggregate(of_users).filter(nw.col(WEIGHT) > 0).to_native()
        weight = F.least(F.col(WEIGHT) / BILLION, F.lit(WEIGHT_OF_ITEM))
        return pairs.select(USER_ID, ITEM_ID, weight.cast("float").alias(WEIGHT))

    def stars(self) -> DataFrame:
        """Return who rated what: `user_id`, `item_id` and `rating`, the last of each pair."""
        rated = self.weighed().filter((F.col(EVENT) == EventKind.RATE.value) & F.col(USER_ID).isNotNull())
        return rated.groupBy(USER_ID, ITEM_ID).agg(F.max("rating").alias("rating"))

    def users_count(self) -> int:
        """Return how many users there are."""
        return self.events.filter(F.col(USER_ID).isNotNull()).select(USER_ID).distinct().count()

    def numbered(self, frame: DataFrame) -> DataFrame:
        """Put dense numbers, `user` and `item`, in the place of a frame's ids, those of users in their order.

        Users are numbered on one executor; it sees nothing but their ids.
        """
        users: DataFrame = (
            nw.from_native(frame.select(USER_ID).distinct())
            .with_columns((nw.col(USER_ID).cum_count().over(order_by=USER_ID) - 1).cast(nw.Int32).alias(USER))
            .to_native()
        )
        return self.with_items(frame.join(users, USER_ID)).drop(USER_ID)

    def with_items(self, frame: DataFrame) -> DataFrame:
        """Put the dense numbers of items, `item`, in the place of their ids."""
        return frame.join(F.broadcast(self._item_numbers()), ITEM_ID).drop(ITEM_ID)

    def of_known(self) -> DataFrame:
        """Return the events that a user has with an item that has a number."""
        events = self.events.filter(F.col(USER_ID).isNotNull())
        return events.join(F.broadcast(self._item_numbers()), ITEM_ID, "left_semi")

    def _item_numbers(self) -> DataFrame:
        ids = pl.Series(ITEM_ID, self.items.ids, dtype=pl.String)
        table = pl.DataFrame([ids, pl.Series(ITEM, np.arange(len(ids), dtype=np.int32))])
        return to_spark(self.events.sparkSession, table)

    def newest(self, most: int) -> DataFrame:
        """Return the newest days (UTC) that together hold at most `most` events, but one day at least."""
        day = F.floor(F.col(TIMESTAMP) / DAY).cast("long")
        counts = self.events.groupBy(day.alias("day")).count().orderBy(F.desc("day")).collect()
        kept = np.searchsorted(np.cumsum([row["count"] for row in counts]), most, side="right")
        first = counts[max(int(kept), 1) - 1]["day"]
        return self.events.filter(F.col(TIMESTAMP) >= first * DAY)

    def of_some(self, since: int, most: int) -> DataFrame:
        """Return all events of up to `most` users who did something since a moment; hashes of their ids choose them."""
        acting = self.events.filter((F.col(TIMESTAMP) >= since) & F.col(USER_ID).isNotNull()).select(USER_ID).distinct()
        return self.events.join(acting.orderBy(F.xxhash64(USER_ID), USER_ID).limit(most), USER_ID, "left_semi")


def cleaned_on_spark(events: DataFrame) -> DataFrame:
    """Return cleaned events."""
    frame: DataFrame = cleaned_events(nw.from_native(events)).to_native()
    return frame


def without_stray(events: DataFrame) -> tuple[DataFrame, str | None]:
    """Return the events that are not far from all others, and which ones were left out, as `prepare.stray` says it."""
    day = F.floor(F.col(TIMESTAMP) / DAY).cast("long")
    counts = np.array(events.groupBy(day.alias("day")).count().orderBy("day").collect(), np.int64).reshape(-1, 2)
    if len(counts) == 0:
        return events, None
    span = steady_span(counts[:, 0], counts[:, 1])
    steady = (F.col(TIMESTAMP) >= span.start) & (F.col(TIMESTAMP) < span.end)
    outside = [row[TIMESTAMP] for row in events.filter(~steady).select(TIMESTAMP).collect()]
    return events.filter(steady), span.describe_stray(pl.Series(TIMESTAMP, outside, pl.Int64))


def extent_of(events: DataFrame) -> tuple[int, int, int]:
    """Return the first and the last moment of cleaned events, and how many there are.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    moment = F.col(TIMESTAMP)
    first, last, count = events.agg(F.min(moment), F.max(moment), F.count("*")).collect()[0]
    if count == 0:
        raise NotEnoughData(
            "no event says what anybody likes; import views, carts, purchases or ratings that name an item"
        )
    return first, last, count
