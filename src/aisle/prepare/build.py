"""From a table of events to the arrays that recommenders learn from.

Ids are numbered in sorted order and ties in time are broken by content, so that equal events give equal arrays in
whatever order they come.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, get_index_dtype

from aisle.kernels.histories_numpy import BILLION
from aisle.prepare.aggregate import aggregate
from aisle.prepare.clean import as_rated_last, clean
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.sessions import number_sessions
from aisle.prepare.votes import WEIGHT_OF_ITEM
from aisle.prepare.weigh import WEIGHT, Weights, event_weight, revised_since
from aisle.shop.columns import (
    EVENT,
    EVENT_ID,
    ITEM_ID,
    OVER_CAP,
    PRICE,
    QUANTITY,
    RATING,
    SESSION_ID,
    STORED_EVENTS,
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

OPTIONAL: Final = (RATING, SESSION_ID, TRANSACTION_ID, PRICE, QUANTITY, OVER_CAP)
"""The columns that are used if a log has them."""

_DTYPES: Final = {"str": nw.String(), "float64": nw.Float64(), "int64": nw.Int64(), "int32": nw.Int32()}

_KIND: Final = "kind"
_TIE_BREAKERS: Final = (TIMESTAMP, USER_ID, ITEM_ID, _KIND, SESSION_ID, TRANSACTION_ID, RATING, PRICE, QUANTITY)


def build(
    events: "IntoFrame",
    weights: Weights,
    now: int,
    *,
    items: Vocabulary | None = None,
    more_items: Iterable[str] = (),
) -> Interactions:
    """Return the training data of a table of events.

    Parameters
    ----------
    events
        A Polars frame (or another that narwhals knows), lazy or not, with the columns `NEEDED`, and any of `OPTIONAL`.
        With `event_id`, duplicates are skipped.
    now
        The moment at which the data ends, in microseconds.
    items
        The items of a trained model, if the data is for queries to it: events of other items are skipped. By default,
        every item that the events name, and `more_items`.
    more_items
        Such as those of the catalogue: an item without events has a number and an empty column.

    Raises
    ------
    FormatError
        If a needed column is missing.
    NotEnoughData
        If no event says what anybody likes.
    """
    table = _weighed(cleaned_events(nw.from_native(events).lazy()), weights, now).collect("polars").to_native()
    item_ids = _item_ids(table, more_items) if items is None else pl.Series(items.ids, dtype=pl.String)
    table = table.with_columns(_numbers(table[ITEM_ID], item_ids))
    if items is not None:
        table = table.filter(pl.col(ITEM_ID) != UNKNOWN)
    if table.height == 0:
        raise NotEnoughData(
            "no event says what anybody likes; import views, carts, purchases or ratings that name an item"
        )
    user_ids = _sorted_ids(table, USER_ID)
    columns = _numbered(table.with_columns(_numbers(table[USER_ID], user_ids)))
    del table  # its arrays take as much memory again
    weight, log = _in_order(columns)
    items = Vocabulary(item_ids) if items is None else items
    revised, old = revised_events(log, len(items)), None
    if revised.any():
        weight, log, old = weight[~revised], log.where(~revised), log.where(revised)
    matrix = sum_weights(log, weight, (len(user_ids), len(items)))
    return Interactions(Vocabulary(user_ids), items, matrix, log, now, revised=old)


def revised_events(log: EventLog, items: int) -> NDArray[np.bool_]:
    """Return which events are ratings that their shopper revises later in the log, (events,)."""
    pair = log.user * np.int64(items) + log.item
    return np.asarray((log.user != UNKNOWN) & revised_since(pair, log.kind, log.timestamp))


def weighed_events(events: nw.LazyFrame[Any], weights: Weights, now: int) -> nw.LazyFrame[Any]:
    """Return cleaned events with the columns `NEEDED` and `OPTIONAL` and their weight.

    Without those that count for nobody else: what is over the cap of an address, and revised ratings.

    Raises
    ------
    FormatError
        If a needed column is missing.
    """
    counting = cleaned_events(events).filter(nw.col(OVER_CAP).is_null())
    return _weighed(as_rated_last(counting), weights, now)


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
    absent = [nw.lit(None, _DTYPES[STORED_EVENTS[name]]).alias(name) for name in OPTIONAL if name not in present]
    used = [name for name in (EVENT_ID, *NEEDED, *OPTIONAL) if name in present]
    return clean(events.select(*used, *absent)).select(*NEEDED, *OPTIONAL)


def _item_ids(table: pl.DataFrame, more_items: Iterable[str]) -> pl.Series:
    """Return the items of the events and the others, each once, in order."""
    others = pl.Series(more_items, dtype=pl.String)
    return pl.concat((_sorted_ids(table, ITEM_ID), others)).unique().sort()


def _sorted_ids(table: pl.DataFrame, column: str) -> pl.Series:
    """Return each id of a column once, in order."""
    return table[column].drop_nulls().unique().cast(pl.String).sort()


def _numbers(column: pl.Series, ids: pl.Series) -> pl.Series:
    """Replace ids by their positions in a list of distinct ids."""
    named = column.cast(pl.Categorical)
    distinct = named.drop_nulls().unique()
    codes = distinct.to_physical().to_numpy()
    places = np.full(int(codes.max(initial=0)) + 1, UNKNOWN, np.int32)
    known = distinct.cast(pl.String).cast(pl.Enum(ids), strict=False).to_physical()
    places[codes] = known.cast(pl.Int32).fill_null(UNKNOWN).to_numpy()
    return pl.Series(places).gather(named.to_physical()).fill_null(UNKNOWN).alias(column.name)


def _numbered(table: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the columns of a log whose users and items are numbered, and number kinds, sessions and baskets."""
    kinds = pl.col(EVENT).replace_strict(KIND_CODES, return_dtype=pl.Int8).alias(_KIND)
    named = [_numbers(table[name], _sorted_ids(table, name)) for name in (SESSION_ID, TRANSACTION_ID)]
    stars = pl.col(RATING).cast(pl.Float32).fill_null(np.nan)
    price = (pl.col(PRICE) / MICROS).cast(pl.Float32).fill_null(np.nan)
    pieces = pl.col(QUANTITY).fill_null(1).cast(pl.Int32)
    counts = pl.col(OVER_CAP).is_null()
    compact = table.select(USER_ID, ITEM_ID, TIMESTAMP, WEIGHT, kinds, stars, price, pieces, counts, *named)
    return {column.name: column for column in compact.get_columns()}


def _in_order(columns: dict[str, pl.Series]) -> tuple[NDArray[np.float64], EventLog]:
    """Return the weights and the log as arrays sorted by time; `columns` is emptied on the way, to save memory."""
    order = pl.DataFrame(list(columns.values())).select(pl.arg_sort_by(_TIE_BREAKERS)).to_series()
    # Copies, as kernels with declared types refuse the read-only arrays that share memory with a table.
    arrays = {name: columns.pop(name).gather(order).to_numpy(writable=True) for name in list(columns)}
    weight = arrays[WEIGHT]
    return weight, EventLog(
        user=arrays[USER_ID],
        item=arrays[ITEM_ID],
        kind=arrays[_KIND],
        weight=weight.astype(np.float32),
        rating=arrays[RATING],
        timestamp=arrays[TIMESTAMP],
        session=number_sessions(arrays[USER_ID], arrays[TIMESTAMP], arrays[SESSION_ID]),
        basket=arrays[TRANSACTION_ID],
        price=arrays[PRICE],
        quantity=arrays[QUANTITY],
        counts=arrays[OVER_CAP],
    )


def sum_weights(log: EventLog, weight: NDArray[np.float64], shape: tuple[int, int]) -> csr_array:
    """Return the summed weights of users and items, (users, items) float32, at most `WEIGHT_OF_ITEM`.

    A sum that is not above 0 has no entry; events that do not count are left out.

    Parameters
    ----------
    weight
        What each event adds, (events,).
    shape
        Users and items.
    """
    counts = (log.user != UNKNOWN) & log.counts
    events: dict[str, NDArray[Any]] = {USER_ID: log.user, ITEM_ID: log.item, WEIGHT: weight, TIMESTAMP: log.timestamp}
    table = pl.DataFrame({name: values[counts] for name, values in events.items()})
    pairs = aggregate(nw.from_native(table.lazy())).filter(nw.col(WEIGHT) > 0)
    liked = pairs.sort(USER_ID, ITEM_ID).collect("polars").to_native()
    offsets = np.zeros(shape[0] + 1, get_index_dtype(maxval=max(liked.height, shape[1])))
    np.cumsum(np.bincount(liked[USER_ID].to_numpy(), minlength=shape[0]), out=offsets[1:])
    data = np.minimum(liked[WEIGHT].to_numpy() / BILLION, WEIGHT_OF_ITEM).astype(np.float32)
    return csr_array((data, liked[ITEM_ID].to_numpy(writable=True), offsets), shape=shape)
