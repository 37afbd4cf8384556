"""From a table of events to the arrays that recommenders learn from.

Ids are numbered in their sorted order and ties in time are broken by content, so that equal events give equal arrays in
whatever order they come.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, get_index_dtype

from aisle.prepare.aggregate import BILLION, aggregate
from aisle.prepare.clean import as_rated_last, clean
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.sessions import number_sessions
from aisle.prepare.weigh import WEIGHT, Weights, event_weight, revised_since
from aisle.shop.columns import (
    EVENT,
    EVENT_ID,
    EVENTS,
    ITEM_ID,
    PRICE,
    QUANTITY,
    RATING,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.errors import FormatError, NotEnoughData
from aisle.shop.events import KIND_CODES
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.money import MICROS

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

NEEDED: Final = (EVENT, USER_ID, ITEM_ID, TIMESTAMP)
"""The columns without which there is nothing to learn."""

OPTIONAL: Final = (RATING, SESSION_ID, TRANSACTION_ID, PRICE, QUANTITY)
"""The columns that are used where they are."""

_DTYPES: Final = {"str": nw.String(), "float64": nw.Float64(), "int64": nw.Int64()}

_KIND: Final = "kind"
_TIE_BREAKERS: Final = (TIMESTAMP, USER_ID, ITEM_ID, _KIND, SESSION_ID, TRANSACTION_ID, RATING, PRICE, QUANTITY)


def build(
    events: "IntoFrame", weights: Weights, now: int, *, items: Vocabulary | None = None, also: Iterable[str] = ()
) -> Interactions:
    """Return the training data of a table of events.

    Parameters
    ----------
    events
        A Polars frame (or another that narwhals knows), lazy or not, with the columns `NEEDED`. The columns `OPTIONAL`
        are used where they are, and `event_id` leaves out duplicates.
    weights
        What each kind of event adds.
    now
        The moment at which the data ends, in microseconds.
    items
        The items of a trained model, when the data is for asking it: events of others are left out. By default, every
        item that the events name, and `also`.
    also
        More items, such as those of the catalogue: what nobody has touched yet has a number and an empty column.

    Raises
    ------
    FormatError
        If a needed column is missing.
    NotEnoughData
        If no event says what anybody likes.
    """
    table = _weighed(cleaned_events(nw.from_native(events).lazy()), weights, now).collect("polars").to_native()
    item_ids = _item_ids(table, also) if items is None else pl.Series(items.ids, dtype=pl.String)
    table = table.with_columns(_numbers(ITEM_ID, item_ids)).filter(pl.col(ITEM_ID) != UNKNOWN)
    if table.height == 0:
        raise NotEnoughData(
            "no event says what anybody likes; import views, carts, purchases or ratings that name an item"
        )
    user_ids = _sorted_ids(table, USER_ID)
    table = _in_order(table.with_columns(_numbers(USER_ID, user_ids)))
    items = Vocabulary(item_ids) if items is None else items
    log = _log(table)
    revised = revised_events(log, len(items))
    matrix = _matrix(table.filter(~pl.Series(revised)), (len(user_ids), len(items)))
    return Interactions(
        Vocabulary(user_ids), items, matrix, log.where(~revised), now,
        revised=log.where(revised) if revised.any() else None,
    )  # fmt: skip


def revised_events(log: EventLog, items: int) -> NDArray[np.bool_]:
    """Return which events are ratings that their shopper has revised later in the log, (events,)."""
    pair = log.user * np.int64(items) + log.item
    return np.asarray((log.user != UNKNOWN) & revised_since(pair, log.kind, log.timestamp))


def weighed_events(events: nw.LazyFrame[Any], weights: Weights, now: int) -> nw.LazyFrame[Any]:
    """Return cleaned events with their weight, and no other columns than `NEEDED` and `OPTIONAL`.

    Ratings that their shopper has revised since are left out.

    Raises
    ------
    FormatError
        If a needed column is missing.
    """
    return _weighed(as_rated_last(cleaned_events(events)), weights, now)


def _weighed(cleaned: nw.LazyFrame[Any], weights: Weights, now: int) -> nw.LazyFrame[Any]:
    return cleaned.select(*NEEDED, *OPTIONAL, event_weight(weights, now).alias(WEIGHT))


def cleaned_events(events: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return cleaned events with the columns `NEEDED` and `OPTIONAL`, null where a log has none.

    Raises
    ------
    FormatError
        If a needed column is missing.
    """
    present = events.collect_schema().names()
    missing = [name for name in NEEDED if name not in present]
    if missing:
        raise FormatError(f"the events have no column {missing[0]!r}; they need {', '.join(NEEDED)}")
    absent = [nw.lit(None, _DTYPES[EVENTS[name]]).alias(name) for name in OPTIONAL if name not in present]
    used = [name for name in (EVENT_ID, *NEEDED, *OPTIONAL) if name in present]
    return clean(events.select(*used, *absent)).select(*NEEDED, *OPTIONAL)


def _item_ids(table: pl.DataFrame, also: Iterable[str]) -> pl.Series:
    """Return each item of the events and each other one once, in order."""
    others = pl.Series(also, dtype=pl.String)
    return pl.concat((table[ITEM_ID].drop_nulls(), others)).unique().sort()


def _sorted_ids(table: pl.DataFrame, column: str) -> pl.Series:
    """Return each id of a column once, in order."""
    return table[column].drop_nulls().unique().sort()


def _numbers(column: str, ids: pl.Series) -> pl.Expr:
    """Replace ids by their positions among the given ones."""
    return pl.col(column).cast(pl.Enum(ids), strict=False).to_physical().cast(pl.Int32).fill_null(UNKNOWN)


def _in_order(table: pl.DataFrame) -> pl.DataFrame:
    """Give kinds, sessions and baskets their numbers, and sort by time."""
    kinds = pl.col(EVENT).replace_strict(KIND_CODES, return_dtype=pl.Int8).alias(_KIND)
    named = [_numbers(name, _sorted_ids(table, name)) for name in (SESSION_ID, TRANSACTION_ID)]
    stars = pl.col(RATING).cast(pl.Float32).fill_null(np.nan)
    price = (pl.col(PRICE) / MICROS).cast(pl.Float32).fill_null(np.nan)
    pieces = pl.col(QUANTITY).fill_null(1).cast(pl.Int32)
    return table.select(USER_ID, ITEM_ID, TIMESTAMP, WEIGHT, kinds, stars, price, pieces, *named).sort(_TIE_BREAKERS)


def _log(table: pl.DataFrame) -> EventLog:
    """Turn sorted, numbered events into arrays."""
    # Copies, as kernels with declared types refuse the read-only arrays that share memory with a table.
    arrays = {name: table[name].to_numpy(writable=True) for name in table.columns if name != WEIGHT}
    return EventLog(
        user=arrays[USER_ID],
        item=arrays[ITEM_ID],
        kind=arrays[_KIND],
        weight=table[WEIGHT].to_numpy().astype(np.float32),
        rating=arrays[RATING],
        timestamp=arrays[TIMESTAMP],
        session=number_sessions(arrays[USER_ID], arrays[TIMESTAMP], arrays[SESSION_ID]),
        basket=arrays[TRANSACTION_ID],
        price=arrays[PRICE],
        quantity=arrays[QUANTITY],
    )


def _matrix(table: pl.DataFrame, shape: tuple[int, int]) -> csr_array:
    """Sum numbered events to the matrix of liking; pairs that were taken back have no entry."""
    pairs = aggregate(nw.from_native(table.lazy()).filter(nw.col(USER_ID) != UNKNOWN)).filter(nw.col(WEIGHT) > 0)
    liked = pairs.sort(USER_ID, ITEM_ID).collect("polars").to_native()
    offsets = np.zeros(shape[0] + 1, get_index_dtype(maxval=max(liked.height, shape[1])))
    np.cumsum(np.bincount(liked[USER_ID].to_numpy(), minlength=shape[0]), out=offsets[1:])
    data = (liked[WEIGHT].to_numpy() / BILLION).astype(np.float32)
    return csr_array((data, liked[ITEM_ID].to_numpy(writable=True), offsets), shape=shape)
