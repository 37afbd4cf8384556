"""What is known of each item at a moment: how it sells, since when, at what price, how often people come back for it.

The ranker's features look items up here. In training it is taken at a cut and frozen, as it is in a bundle.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array, Config
from aisle.shop.columns import BRAND, CATEGORY, PRICE, STOCK
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS

if TYPE_CHECKING:
    import polars as pl

    from aisle.prepare.interactions import EventLog, Interactions

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

WINDOWS: Final = (7, 28, 91, 364)
"""Sales are counted over so many last days; whole weeks, as weekdays differ."""

TAKING: Final = (EventKind.PURCHASE, EventKind.RATE, EventKind.ADD_TO_CART, EventKind.VIEW_ITEM)
"""What taking an item means: the first of these that a shop's log has; all else that tells liking is looking."""

PRIOR: Final = 5.0
"""What an item is like counts as so many observations of the shop's average."""


class ItemStateConfig(Config, frozen=True):
    """There is nothing to set."""


class ItemState:
    """Facts of items at a moment, each (items,) or (items, windows); a part of a bundle, like a recommender."""

    name: ClassVar[str] = "item_state"
    config_type: ClassVar[type[Config]] = ItemStateConfig

    moment_: NDArray[np.int64]
    """The moment, in microseconds, (1,)."""
    taking_: NDArray[np.int8]
    """The code of the kind of event that counts as taking, (1,)."""
    taken_: Floats
    """How often it was taken in each of `WINDOWS`, (items, windows)."""
    looked_: Floats
    """How often it was looked at in each of `WINDOWS`, (items, windows)."""
    buyers_: Floats
    """How many shoppers took it, ever."""
    rebuyers_: Floats
    """The share of them who took it on two days or more, drawn towards the shop's."""
    interval_: Floats
    """The mean of the logarithm of the days between two days on which a shopper took it, drawn towards the shop's."""
    first_: NDArray[np.int64]
    """The moment of its first event, or the moment itself."""
    last_: NDArray[np.int64]
    """The moment at which it was last taken, or that of its first event."""
    price_: Floats
    """The last price, in units of the currency, or NaN."""
    returned_: Floats
    """Refunds per time taken, drawn towards the shop's."""
    stars_: Floats
    """The mean of its stars, drawn towards the shop's; NaN in a shop without ratings."""
    stock_: Floats
    """Pieces in stock, or NaN."""
    category_: Ints
    """The number of its whole category path, or `UNKNOWN`."""
    department_: Ints
    """The number of the first step of the path, or `UNKNOWN`."""
    brand_: Ints
    """The number of its brand, or `UNKNOWN`."""

    def __init__(self, config: ItemStateConfig) -> None:
        self.config = config

    def fit(self, data: "Interactions") -> Self:
        """Sum up a log and a catalogue as they stand when the data ends."""
        log, items = data.log, len(data.items)
        taking = taking_kind(log)
        taken = (log.kind == KIND_CODES[taking]) & (log.weight > 0)
        looked = ~taken & (log.weight > 0)
        self.moment_ = np.array([data.now])
        self.taking_ = np.array([KIND_CODES[taking]], np.int8)
        self.taken_, self.looked_ = (_in_windows(log, chosen, data.now, items) for chosen in (taken, looked))
        self.first_, self.last_ = _span(log, taken, data.now, items)
        self._count_rebuyers(log, taken, items)
        times = np.bincount(log.item[taken], minlength=items)
        refunds = np.bincount(log.item[log.kind == KIND_CODES[EventKind.REFUND]], minlength=items)
        self.returned_ = _drawn(refunds, times)
        rated = np.isfinite(log.rating)
        self.stars_ = _drawn(
            np.bincount(log.item[rated], log.rating[rated], minlength=items),
            np.bincount(log.item[rated], minlength=items),
        )
        self.price_ = _last_prices(log, items)
        self._read(data.catalogue, items)
        return self

    def _count_rebuyers(self, log: "EventLog", taken: NDArray[np.bool_], items: int) -> None:
        """Learn from the days on which each shopper took each item."""
        known = taken & (log.user != UNKNOWN)
        day = log.timestamp[known] // DAY
        pair, day = _distinct(log.user[known] * np.int64(items) + log.item[known], day)
        item = pair % items
        first = np.append(True, np.diff(pair) != 0)[: len(pair)]
        again = np.flatnonzero(~first)
        self.buyers_ = np.bincount(item[first], minlength=items).astype(np.float32)
        rebuyers = np.bincount(np.unique(pair[again]) % items, minlength=items)
        self.rebuyers_ = _drawn(rebuyers, self.buyers_)
        gaps = np.log(day[again] - day[again - 1])
        self.interval_ = _drawn(
            np.bincount(item[again], gaps, minlength=items), np.bincount(item[again], minlength=items)
        )

    def _read(self, catalogue: "pl.DataFrame | None", items: int) -> None:
        """Take from the catalogue what it says."""
        self.stock_ = np.full(items, np.nan, np.float32)
        self.category_, self.department_, self.brand_ = (np.full(items, UNKNOWN, np.int32) for _ in range(3))
        if catalogue is None:
            return
        import polars as pl

        path = pl.col(CATEGORY)
        numbered = catalogue.select(
            *(
                (one.rank("dense").cast(pl.Int32) - 1).fill_null(UNKNOWN).alias(name)
                for name, one in (
                    ("category", path),
                    ("department", path.str.split(">").list.first().str.strip_chars()),
                    ("brand", pl.col(BRAND)),
                )
            ),
            stock=pl.col(STOCK).cast(pl.Float32).fill_null(np.nan),
            price=(pl.col(PRICE) / MICROS).cast(pl.Float32).fill_null(np.nan),
        )
        arrays = {name: numbered[name].to_numpy(writable=True) for name in numbered.columns}
        self.category_, self.department_, self.brand_ = (arrays[one] for one in ("category", "department", "brand"))
        self.stock_ = arrays["stock"]
        self.price_ = np.where(np.isnan(self.price_), arrays["price"], self.price_)

    @property
    def moment(self) -> int:
        """The moment, in microseconds."""
        return int(self.moment_[0])

    def arrays(self) -> dict[str, Array]:
        """Return everything known, under the names of the attributes."""
        return {name.removesuffix("_"): getattr(self, name) for name in _NAMES}

    @classmethod
    def from_arrays(cls, config: ItemStateConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the state from its arrays."""
        state = cls(config)
        for name in _NAMES:
            setattr(state, name, np.asarray(arrays[name.removesuffix("_")]))
        return state


_NAMES: Final = [name for name in ItemState.__annotations__ if name.endswith("_")]


def taking_kind(log: "EventLog") -> EventKind:
    """Return what taking an item means in a log."""
    there = set(np.unique(log.kind).tolist())
    return next((kind for kind in TAKING if KIND_CODES[kind] in there), TAKING[0])


def _distinct(one: NDArray[np.int64], two: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of values once, by the first and then the second."""
    order = np.lexsort((two, one))
    one, two = one[order], two[order]
    new = np.append(True, (np.diff(one) != 0) | (np.diff(two) != 0))[: len(order)]
    return one[new], two[new]


def _in_windows(log: "EventLog", chosen: NDArray[np.bool_], now: int, items: int) -> Floats:
    age = (now - log.timestamp[chosen]) / DAY
    item = log.item[chosen]
    counts = [np.bincount(item[age <= days], minlength=items) for days in WINDOWS]
    return np.stack(counts, axis=1).astype(np.float32)


def _span(
    log: "EventLog", taken: NDArray[np.bool_], now: int, items: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the moments of each item's first event and of the last time it was taken."""
    first = np.full(items, now, np.int64)
    np.minimum.at(first, log.item, log.timestamp)
    last = first.copy()
    np.maximum.at(last, log.item[taken], log.timestamp[taken])
    return first, last


def _last_prices(log: "EventLog", items: int) -> Floats:
    """Return the last price that each item has in the log, or NaN."""
    prices = np.full(items, np.nan, np.float32)
    priced = (log.price > 0) & (log.weight > 0)
    # The log is in time order, and of several values for one place the last one stays.
    prices[log.item[priced]] = log.price[priced]
    return prices


def _drawn(total: NDArray[np.number], count: NDArray[np.number]) -> Floats:
    """Return total / count of each item, drawn towards that of all items; NaN where nothing was counted at all."""
    everything = count.sum()
    if everything == 0:
        return np.full(len(count), np.nan, np.float32)
    return np.asarray((total + PRIOR * total.sum() / everything) / (count + PRIOR), np.float32)
