"""What is known of each item at a moment: how it sells, since when, at what price, and how often it is bought again.

The features of the ranker read it. In training it is computed as of a cut and frozen, as it is in a bundle.
"""

from typing import TYPE_CHECKING, Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.shown import NEVER, ShownPlaces
from aisle.prepare.votes import of_new_shoppers, with_new_shoppers
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.second_stage.examination import examination, places_of
from aisle.shop.columns import BRAND, CATEGORY, PRICE, STOCK
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS

if TYPE_CHECKING:
    import polars as pl


Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

WINDOWS: Final = (7, 28, 91, 364)
"""Events are counted over each of these numbers of last days; whole weeks, as weekdays differ."""

ENOUGH: Final = 50
"""What fewer shoppers do says little: nothing is decided by them."""

TARGET_KINDS: Final = (EventKind.PURCHASE, EventKind.RATE, EventKind.ADD_TO_CART, EventKind.VIEW_ITEM)
"""What a shop is after: the target kind of a log is the first of these that `ENOUGH` shoppers have, or else the first
that it has. An item is taken by an event of the target kind, and looked at by any other event that tells of liking
it."""

PRIOR: Final = 5.0
"""The shop's average counts as this many observations of each item."""


class ItemState(Component[NoSettings]):
    """Facts of items at a moment, each (items,) or (items, windows); a component of a bundle, as recommenders are.

    In a bundle, three keep the names that they had in the first version.
    """

    name = "item_state"

    moment_: NDArray[np.int64]
    """The moment, in microseconds, (1,)."""
    target_kind_: Annotated[NDArray[np.int8], "taking"]
    """The code of the log's target kind, (1,)."""
    target_counts_: Annotated[Floats, "taken"]
    """How often it was taken in each of `WINDOWS`, (items, windows)."""
    look_counts_: Annotated[Floats, "looked"]
    """How often it was looked at in each of `WINDOWS`, (items, windows)."""
    buyers_: Floats
    """The number of shoppers who ever took it."""
    rebuyers_: Floats
    """The share of them who took it on two days or more, shrunk towards the shop's."""
    interval_: Floats
    """The mean logarithm of the days between two days on which a shopper took it, shrunk towards the shop's."""
    first_: NDArray[np.int64]
    """The moment of its first event, or the moment itself."""
    last_: NDArray[np.int64]
    """The moment at which it was last taken, or otherwise that of its first event."""
    price_: Floats
    """The last price, in units of the currency, or NaN."""
    returned_: Floats
    """Refunds per event of the target kind, shrunk towards the shop's."""
    stars_: Floats
    """The mean of its stars, shrunk towards the shop's; NaN in a shop without ratings."""
    stock_: Floats
    """Pieces in stock, or NaN."""
    category_: Ints
    """The number of its whole category path, or `UNKNOWN`."""
    department_: Ints
    """The number of the first step of the path, or `UNKNOWN`."""
    brand_: Ints
    """The number of its brand, or `UNKNOWN`."""
    examined_: Floats | None = None
    """How often each place of the main shelf is looked at, beside the first, (places,); None if nothing tells."""
    clicked_: Floats | None = None
    """How many more shoppers clicked it than its places let one expect, a logarithm; None if nothing tells."""

    def fit(self, data: "Interactions", target: EventKind | None = None) -> Self:
        """Sum up a log and a catalogue as of the end of the data, with the target kind of a longer log if given."""
        log, items = data.votes, len(data.items)
        target = target or target_kind(log)
        taken = (log.kind == KIND_CODES[target]) & (log.weight > 0)
        looked = ~taken & (log.weight > 0)
        self.moment_ = np.array([data.now])
        self.target_kind_ = np.array([KIND_CODES[target]], np.int8)
        new = of_new_shoppers(log)
        self.target_counts_, self.look_counts_ = (
            _in_windows(log, chosen, new, data.now, items) for chosen in (taken, looked)
        )
        self.first_, self.last_ = _span(log, taken, data.now, items)
        self._count_rebuyers(log, taken, items)
        times = np.bincount(log.item[taken], minlength=items)
        refunds = np.bincount(log.item[log.kind == KIND_CODES[EventKind.REFUND]], minlength=items)
        self.returned_ = _shrunk(refunds, times)
        rated = np.isfinite(log.rating)
        self.stars_ = _shrunk(
            np.bincount(log.item[rated], log.rating[rated], minlength=items),
            np.bincount(log.item[rated], minlength=items),
        )
        self.price_ = _last_prices(log, items)
        self._read(data.catalogue, items)
        self._learn_from_shelves(data.shown, items)
        return self

    def _learn_from_shelves(self, shown: ShownPlaces | None, items: int) -> None:
        """Compare who clicked each item with who was to be expected to, where the shelves of the shop tell."""
        self.examined_ = self.clicked_ = None
        if shown is None:
            return
        try:
            examined = examination(shown)
        except NotEnoughData:
            return
        self.examined_, self.clicked_ = examined.astype(np.float32), _clicked(shown, examined, items)

    def _count_rebuyers(self, log: EventLog, taken: NDArray[np.bool_], items: int) -> None:
        """Sum up the days on which each shopper took each item."""
        known = taken & (log.user != UNKNOWN)
        day = log.timestamp[known] // DAY
        pair, day = distinct_pairs(log.user[known] * np.int64(items) + log.item[known], day)
        item = pair % items
        first = np.append(True, np.diff(pair) != 0)[: len(pair)]
        again = np.flatnonzero(~first)
        self.buyers_ = np.bincount(item[first], minlength=items).astype(np.float32)
        rebuyers = np.bincount(np.unique(pair[again]) % items, minlength=items)
        self.rebuyers_ = _shrunk(rebuyers, self.buyers_)
        gaps = np.log(day[again] - day[again - 1])
        self.interval_ = _shrunk(
            np.bincount(item[again], gaps, minlength=items), np.bincount(item[again], minlength=items)
        )

    def _read(self, catalogue: "pl.DataFrame | None", items: int) -> None:
        """Read the catalogue; it fills in prices that the log lacks."""
        self.stock_ = np.full(items, np.nan, np.float32)
        self.category_, self.department_, self.brand_ = (np.full(items, UNKNOWN, np.int32) for _ in range(3))
        if catalogue is None:
            return
        import polars as pl

        def numbered(labels: pl.Expr) -> pl.Expr:
            return (labels.rank("dense").cast(pl.Int32) - 1).fill_null(UNKNOWN)

        facts = catalogue.select(
            category=numbered(pl.col(CATEGORY)),
            department=numbered(pl.col(CATEGORY).str.split(">").list.first().str.strip_chars()),
            brand=numbered(pl.col(BRAND)),
            stock=pl.col(STOCK).cast(pl.Float32).fill_null(np.nan),
            price=(pl.col(PRICE) / MICROS).cast(pl.Float32).fill_null(np.nan),
        )
        arrays = {name: facts[name].to_numpy(writable=True) for name in facts.columns}
        self.category_, self.department_, self.brand_ = (arrays[name] for name in ("category", "department", "brand"))
        self.stock_ = arrays["stock"]
        self.price_ = np.where(np.isnan(self.price_), arrays["price"], self.price_)

    @property
    def moment(self) -> int:
        """The moment, in microseconds."""
        return int(self.moment_[0])


def target_kind(log: EventLog) -> EventKind:
    """Return the target kind of a log."""
    liking = (log.weight > 0) & (log.user != UNKNOWN)
    shoppers = [len(np.unique(log.user[liking & (log.kind == KIND_CODES[kind])])) for kind in TARGET_KINDS]
    present = [np.any(log.kind == KIND_CODES[kind]) for kind in TARGET_KINDS]
    enough = [count >= ENOUGH for count in shoppers]
    return TARGET_KINDS[int(np.argmax(enough if any(enough) else present))]


def distinct_pairs(
    groups: NDArray[np.integer], values: NDArray[np.int64]
) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
    """Return each pair of group and value once, sorted."""
    order = np.lexsort((values, groups))
    groups, values = groups[order], values[order]
    new = np.append(True, (np.diff(groups) != 0) | (np.diff(values) != 0))[: len(order)]
    return groups[new], values[new]


def _in_windows(log: EventLog, chosen: NDArray[np.bool_], new: NDArray[np.bool_], now: int, items: int) -> Floats:
    """Count the chosen events of each item in each of `WINDOWS`, those of `new` shoppers bounded, (items, windows)."""
    age = (now - log.timestamp) / DAY
    counts = []
    for days in WINDOWS:
        inside = chosen & (age <= days)
        others, newcomers = (np.bincount(log.item[inside & of], minlength=items) for of in (~new, new))
        counts.append(with_new_shoppers(others, newcomers))
    return np.stack(counts, axis=1).astype(np.float32)


def _span(log: EventLog, taken: NDArray[np.bool_], now: int, items: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the moments of each item's first event and of the last time it was taken."""
    first = np.full(items, now, np.int64)
    np.minimum.at(first, log.item, log.timestamp)
    last = first.copy()
    np.maximum.at(last, log.item[taken], log.timestamp[taken])
    return first, last


def _last_prices(log: EventLog, items: int) -> Floats:
    """Return the last price of each item in the log, or NaN."""
    prices = np.full(items, np.nan, np.float32)
    priced = (log.price > 0) & (log.weight > 0)
    # The log is in time order, and of several values for one place the last one stays.
    prices[log.item[priced]] = log.price[priced]
    return prices


def _clicked(shown: ShownPlaces, examined: NDArray[np.float64], items: int) -> Floats:
    """Return the logarithm of how many shoppers clicked each item over how many were to be expected to, (items,).

    Each shopper counts once for an item, however often they were shown it or clicked it, so that nobody can click an
    item up. What is expected is the chance of at least one click if all items were alike.
    """
    looks, clicked = examined[places_of(shown)], shown.clicked_at != NEVER
    rate = clicked.sum() / looks.sum()
    pair, number = np.unique(shown.user.astype(np.int64) * items + shown.item, return_inverse=True)
    expected = 1 - np.exp(-rate * np.bincount(number, looks))
    happened = np.bincount(number, clicked) > 0
    expected *= happened.sum() / expected.sum()
    item = pair % items
    clicks, due = (np.bincount(item, values, minlength=items) for values in (happened, expected))
    return np.log((clicks + PRIOR) / (due + PRIOR)).astype(np.float32)


def _shrunk(total: NDArray[np.number], count: NDArray[np.number]) -> Floats:
    """Return total / count of each item, shrunk towards that of all items; NaN if all counts are 0."""
    everything = count.sum()
    if everything == 0:
        return np.full(len(count), np.nan, np.float32)
    return np.asarray((total + PRIOR * total.sum() / everything) / (count + PRIOR), np.float32)
