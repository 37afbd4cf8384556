"""How much an event says about liking: a weight by kind, which fades with age.

The formula is written twice. `event_weight` is an expression for tables, used in training on Polars and Spark;
`event_weights` is its twin for the few events of one shopper, used live. Likewise, `tells_liking` is the twin of
`prepare.clean`. Tests hold the twins together.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.shop import columns
from aisle.shop.columns import EVENT, RATING, TIMESTAMP
from aisle.shop.errors import SettingsError
from aisle.shop.events import KIND_CODES, KINDS, EventKind, Stars
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    import narwhals as nw

WEIGHT: Final = columns.WEIGHT
"""The column that holds an event's weight, or the sum of a pair's."""

SILENT: Final = frozenset({EventKind.VIEW_ITEM_LIST, EventKind.SEARCH})
"""The kinds that say nothing about liking: what was shown, and searches."""


def codes_of(kinds: Iterable[EventKind]) -> NDArray[np.bool_]:
    """Return for the code of every kind whether it is one of some, (kinds,): `codes_of(kinds)[codes]` tells of many."""
    chosen = set(kinds)
    return np.array([kind in chosen for kind in KINDS], np.bool_)


_TELLING: Final = ~codes_of(SILENT)


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each kind of event adds to a user–item pair, in units of one purchase.

    A line counts once, however many pieces it has: twelve cups are not liked more than one. `view_item_list` and
    `search` say nothing about liking and have no weight.
    """

    select_item: float = 0.1
    """A click in a list: curiosity, before the product was seen."""
    view_item: float = 0.2
    """A product page opened."""
    add_to_wishlist: float = 0.4
    """Put aside for later."""
    remove_from_wishlist: float = -0.3
    """Taken off the wishlist: most of its weight goes, the interest stays."""
    add_to_cart: float = 0.6
    """Nearly bought."""
    remove_from_cart: float = -0.4
    """Taken out of the cart: most of its weight goes, the interest stays."""
    purchase: float = 1.0
    """One order line."""
    refund: float = 1.0
    """How much of a purchase's weight one refund takes back; above 1 it also speaks against the item."""
    hide: float = -1.0
    """Wanted on no shelf any more: it speaks against the item as much as a purchase speaks for it."""
    unhide: float = 1.0
    """Takes that back."""
    rate: float = 1.0
    """The best rating; the middle of the scale is 0, and the worst rating is negative by as much."""
    lowest_rating: float = 1.0
    """The worst rating of the shop's scale."""
    highest_rating: float = 5.0
    """The best rating of the shop's scale."""
    half_life_days: float | None = 90.0
    """The days after which an event counts half; null: events never fade."""
    fading_floor: float = 0.05
    """The share of its weight that an event keeps however old it is, so that shoppers are known even after years."""

    def __post_init__(self) -> None:
        if not 0 <= self.fading_floor <= 1:
            raise SettingsError(f"fading_floor = {self.fading_floor} is no share; give a number from 0 to 1")
        for name, value in msgspec.structs.asdict(self).items():
            if value is not None and not math.isfinite(value):
                raise SettingsError(f"weight {name} = {value!r} is not a finite number; write one such as 0.5")
        if self.lowest_rating >= self.highest_rating:
            raise SettingsError(
                f"lowest_rating = {self.lowest_rating} is not below highest_rating = {self.highest_rating}; "
                "give the two ends of the shop's scale"
            )
        if self.half_life_days is not None and self.half_life_days <= 0:
            raise SettingsError(f"half_life_days = {self.half_life_days} is not above 0; leave it out or give days")

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Make weights of plain values; `half_life_days = inf` stands for null in TOML, which has none.

        Raises
        ------
        SettingsError
            If a name is unknown, or a value is not a number or out of range.
        """
        never = {"half_life_days": None} if values.get("half_life_days") == math.inf else {}
        try:
            return msgspec.convert({**values, **never}, cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"weights: {error}; the names are {', '.join(cls.__struct_fields__)}") from None

    def of(self, kind: EventKind) -> float:
        """Return the weight of a new event of a kind; for a rating, that of the best one."""
        if kind is EventKind.REFUND:
            return -self.refund * self.purchase
        weight: float = getattr(self, kind.value, 0.0)
        return weight

    @property
    def scale(self) -> Stars:
        """The two ends of the shop's scale."""
        return self.lowest_rating, self.highest_rating

    @property
    def middle_rating(self) -> float:
        """The rating in the middle of the scale, which says neither yes nor no."""
        return (self.lowest_rating + self.highest_rating) / 2

    @property
    def half_scale(self) -> float:
        """The distance of the ends of the scale from its middle."""
        return (self.highest_rating - self.lowest_rating) / 2

    @property
    def fading(self) -> float:
        """The decay rate λ of exp(-λ·age), per microsecond."""
        return 0.0 if self.half_life_days is None else math.log(2) / (self.half_life_days * DAY)


def event_weight(weights: Weights, now: int) -> "nw.Expr":
    """Return the weight of each event as an expression over `event`, `rating` and `timestamp`.

    weight = w(kind) · stars · max(2^(-age / half-life), floor). For a rating, stars = (rating - middle) / half the
    scale, within [-1, 1], and 0 if it is missing; for all other kinds, stars = 1.

    Parameters
    ----------
    now
        The moment from which ages count, in microseconds; the age of later events is 0.
    """
    # Training only: a live process weighs arrays and starts without narwhals.
    import narwhals as nw

    stars = ((nw.col(RATING) - weights.middle_rating) / weights.half_scale).clip(-1.0, 1.0).fill_null(0.0)
    weight = nw.when(nw.col(EVENT) == EventKind.RATE.value).then(stars * weights.rate).otherwise(nw.lit(0.0))
    for kind in KINDS:
        if kind is not EventKind.RATE and weights.of(kind):
            weight = nw.when(nw.col(EVENT) == kind.value).then(nw.lit(weights.of(kind))).otherwise(weight)
    age = (nw.lit(now) - nw.col(TIMESTAMP)).clip(0).cast(nw.Float64)
    return weight * (age * -weights.fading).exp().clip(weights.fading_floor)


def event_weights(
    weights: Weights,
    now: int | NDArray[np.int64],
    kind: NDArray[np.int8],
    rating: NDArray[np.float32],
    timestamp: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the weight of each event, as `event_weight` does.

    Parameters
    ----------
    now
        The moment from which ages count, one for all or (events,), in microseconds; the age of later events is 0.
    kind
        Codes of `shop.events.KIND_CODES`, (events,).
    rating
        Stars, or NaN, (events,).
    timestamp
        Microseconds, (events,).
    """
    weight = _by_code(weights)[kind]
    rated = np.flatnonzero(kind == KIND_CODES[EventKind.RATE])
    if len(rated):
        stars = np.clip((rating[rated].astype(np.float64) - weights.middle_rating) / weights.half_scale, -1.0, 1.0)
        weight[rated] *= np.nan_to_num(stars)
    age = np.maximum(now - timestamp, 0)
    faded: NDArray[np.float64] = weight * np.maximum(np.exp(age * -weights.fading), weights.fading_floor)
    return faded


@lru_cache(maxsize=16)
def _by_code(weights: Weights) -> NDArray[np.float64]:
    """Return the weight of each kind by its code, (kinds,)."""
    return np.array([weights.of(name) for name in KINDS])


def tells_liking(kind: NDArray[np.int8], rating: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which events `prepare.clean` keeps: none of a `SILENT` kind and no ratings without stars, (events,)."""
    telling: NDArray[np.bool_] = _TELLING[kind] & ~((kind == KIND_CODES[EventKind.RATE]) & np.isnan(rating))
    return telling


def revised_since(pair: NDArray[np.integer], kind: NDArray[np.int8], timestamp: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which events are ratings that a later one of the same shopper and item revises, (events,).

    In tables, `prepare.clean` skips the same ones.

    Parameters
    ----------
    pair
        A number for each pair of shopper and item, (events,).
    kind
        Codes of `shop.events.KIND_CODES`, (events,).
    timestamp
        Microseconds, (events,).
    """
    revised = np.zeros(len(pair), np.bool_)
    rated = np.flatnonzero(kind == KIND_CODES[EventKind.RATE])
    if len(rated) == 0:
        return revised
    pairs, place = np.unique(pair[rated], return_inverse=True)
    newest = np.zeros(len(pairs), np.int64)
    np.maximum.at(newest, place, timestamp[rated])
    revised[rated] = timestamp[rated] < newest[place]
    return revised


def stars_given(kind: NDArray[np.int8], rating: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the stars of each event that is a rating, and NaN for others, (events,)."""
    return np.where((kind == KIND_CODES[EventKind.RATE]) & np.isfinite(rating), rating, np.float32(np.nan))
