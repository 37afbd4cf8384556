"""The rules of a placement: its settings, checked, and bound to a model's item numbers.

`engine.shelf.reranking` applies them. A hidden or sold-out item is never shown, whatever the rules.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import steps_of
from aisle.engine.shelf.groups import BRAND, CATEGORY, Group, Named, read_kind, read_named
from aisle.recommenders.base import Config
from aisle.shop.errors import SettingsError
from aisle.shop.ids import UNKNOWN, among

Price = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Days = Annotated[float, msgspec.Meta(gt=0)]
Boost = Annotated[float, msgspec.Meta(ge=0.001, le=1000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Visits = Annotated[int, msgspec.Meta(ge=2, le=100)]
Place = Annotated[int, msgspec.Meta(ge=1, le=1000)]

SPREAD: Final = (BRAND, CATEGORY)
"""What `at_most` may name."""


class Numbered(Protocol):
    """Ids that have numbers: a model's vocabulary, or the vocabulary of a request."""

    def __contains__(self, item_id: object, /) -> bool:
        """Whether an id has a number."""

    def number(self, item_id: str, /) -> int:
        """Return the number of an id, or `UNKNOWN`."""


class Window(NamedTuple):
    """Of one brand or category, at most so many items (`most`) may stand in so many neighbouring places (`places`)."""

    of: str
    most: int
    places: int


class Rules(Config, frozen=True):
    """Which items may stand on a shelf, and which are moved up or down."""

    price_min: Price | None = None
    """The lowest price, in units of the currency; items without a price are dropped."""
    price_max: Price | None = None
    """The highest price, in units of the currency; items without a price are dropped."""
    categories: tuple[str, ...] = ()
    """Only items of these category paths and the paths below them."""
    brands: tuple[str, ...] = ()
    """Only items of these brands."""
    exclude: tuple[str, ...] = ()
    """Ids of items, or groups of them (`engine.shelf.groups`), that are never shown here."""
    not_bought_within_days: Days | None = None
    """No item that the shopper bought within so many days; infinity: no item that they ever bought."""
    one_per_group: bool = True
    """Whether only the best variant of each product is shown."""
    boosts: dict[str, Boost] = msgspec.field(default_factory=dict)
    """Factors of `category:PATH`, `brand:NAME`, `item:ID`, `price:LOW..HIGH` or `margin:LOW..HIGH`: above 1 moves items
    up, below 1 down."""
    pins: tuple[str, ...] = ()
    """Ids of items that come first, in this order, whenever they are available; a group stands for its best item."""
    locks: dict[str, Place] = msgspec.field(default_factory=dict)
    """The place, from 1, that an item or the best one of a group has whenever it is available."""
    overstock_boost: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0.0
    """How far items are moved up whose stock lasts longer than usual in this shop. Twice the usual gives a boost of
    1 + half of this; the boost stays below 1 + this."""
    diversity: Share = 0.0
    """How much the difference between items counts: 0 keeps the ranker's order, 1 ignores it."""
    long_tail: Share = 0.0
    """The least share of attention that the long tail of less popular items gets."""

    seen_share: Share = 1.0
    """The largest share of places with items that the shopper only viewed, carted or put on the wishlist."""
    repeat_share: Share | Literal["auto"] = 1.0
    """The largest share of places with items that the shopper bought before. `auto`: as training learns it, the share
    that these have among what shoppers take next, or more if less costs too much. Below 1, such an item must be of a
    category that people buy again, too, and not only just bought."""
    fatigue: Visits | Literal[False] = False
    """What a shopper was shown here on so many visits and never touched steps back for a while; `false`: never."""
    at_most: dict[str, str] = msgspec.field(default_factory=dict)
    """How many items of one `brand` or `category` may stand close together: `brand = "1 in 4"`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise SettingsError(
                f"price_min = {self.price_min} is above price_max = {self.price_max}; no price fits; swap them"
            )
        _check_named("categories", self.categories, steps_of)
        _check_named("brands", self.brands, str)
        for key in self.boosts:
            read_kind("boost", key)
        for name, most in self.at_most.items():
            _window(name, most)
        self._check_pins()

    @property
    def windows(self) -> tuple[Window, ...]:
        """What `at_most` says."""
        return tuple(_window(name, most) for name, most in self.at_most.items())

    @property
    def bounds_repeats(self) -> bool:
        """Whether items that the shopper bought before are held back."""
        return self.repeat_share != 1.0

    @property
    def know_the_shopper(self) -> bool:
        """Whether they look at what the shopper did."""
        return self.seen_share < 1 or self.bounds_repeats or self.not_bought_within_days is not None

    def without_shares(self) -> Self:
        """Return the rules without the shares of what the shopper knows."""
        return msgspec.structs.replace(self, seen_share=1.0, repeat_share=1.0)

    def _check_pins(self) -> None:
        """Refuse an item that is held twice or excluded too, and a place that is held for two."""
        named = [(text, read_named("pins", text)) for text in self.pins]
        named += [(text, read_named("locks", text)) for text in self.locks]
        excluded = {read_named("exclude", text) for text in self.exclude}
        seen: set[Named] = set()
        for text, one in named:
            setting = "pins" if text in self.pins else "locks"
            if one in excluded:
                raise SettingsError(f"item {text!r} is both in {setting} and in exclude; take it out of one of them")
            if one in seen and isinstance(one, str):
                where = f"in {setting} twice" if text not in self.locks else "in pins and in locks"
                raise SettingsError(f"item {text!r} is {where}; an item stands on a shelf once, name it once")
            seen.add(one)
        for place in self.locks.values():
            if list(self.locks.values()).count(place) > 1:
                raise SettingsError(f"locks hold place {place} for two; give each a place of its own")

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Make rules from plain values.

        Raises
        ------
        SettingsError
            If a name is unknown, or a value is out of range or contradicts another.
        """
        try:
            return msgspec.convert(dict(values), cls)
        except msgspec.ValidationError as error:
            raise SettingsError(f"rules: {error}; the names are {', '.join(cls.__struct_fields__)}") from None


def _no_items() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


class Held(NamedTuple):
    """What a pin or a lock holds a place for."""

    what: int | Group
    """The number of an item, or a group, whose best item takes the place."""
    place: int | None
    """From 1; None: the first place that is free."""


@dataclass(frozen=True, eq=False)
class BoundRules:
    """Rules with item numbers in place of ids.

    Attributes
    ----------
    categories
        The paths of `rules.categories`, in the spelling of `engine.shelf.attributes`.
    exclude, pins
        The numbers of items that are excluded, and of those that are pinned or locked; ids without a number are
        skipped.
    excluded_groups
        The groups that are excluded.
    held
        The locks by their places, then the pins in their order.
    group_boosts, item_boosts
        Groups and item numbers with their factors.
    """

    rules: Rules
    categories: tuple[str, ...] = ()
    exclude: NDArray[np.int32] = field(default_factory=_no_items)
    pins: NDArray[np.int32] = field(default_factory=_no_items)
    excluded_groups: tuple[Group, ...] = ()
    held: tuple[Held, ...] = ()
    group_boosts: tuple[tuple[Group, float], ...] = ()
    item_boosts: tuple[tuple[int, float], ...] = ()

    @property
    def moves(self) -> bool:
        """Whether items may be moved up or down."""
        return bool(self.held or self.rules.boosts or self.rules.overstock_boost)

    @property
    def held_groups(self) -> tuple[Group, ...]:
        """The groups whose best item is pinned or locked."""
        return tuple(held.what for held in self.held if isinstance(held.what, Group))


def bind(rules: Rules, items: Numbered) -> BoundRules:
    """Look up the item ids of rules."""
    if not (rules.boosts or rules.categories or rules.exclude or rules.pins or rules.locks):
        return BoundRules(rules)

    def numbered(named: Named) -> int | Group:
        return named if isinstance(named, Group) else items.number(named)

    locks = sorted(rules.locks.items(), key=lambda lock: lock[1])
    held = [Held(numbered(read_named("locks", text)), place) for text, place in locks]
    held += [Held(numbered(read_named("pins", text)), None) for text in rules.pins]
    excluded = [numbered(read_named("exclude", text)) for text in rules.exclude]
    boosts = [(numbered(read_kind("boost", key)), factor) for key, factor in rules.boosts.items()]
    return BoundRules(
        rules=rules,
        categories=tuple(_path(name) for name in rules.categories),
        exclude=_numbers(excluded),
        pins=_numbers(one.what for one in held),
        excluded_groups=tuple(one for one in excluded if isinstance(one, Group)),
        held=tuple(one for one in held if one.what != UNKNOWN),
        group_boosts=tuple((one, factor) for one, factor in boosts if isinstance(one, Group)),
        item_boosts=tuple((one, factor) for one, factor in boosts if not isinstance(one, Group) and one != UNKNOWN),
    )


def with_pins(
    items: NDArray[np.int32], scores: NDArray[np.float32], rules: BoundRules
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return candidates, followed by the pinned and locked items that are not among them, whose scores are NaN.

    Parameters
    ----------
    items, scores
        Candidates in any order, (candidates,).
    """
    if len(rules.pins) == 0:
        return items, scores
    missing = rules.pins[~among(rules.pins, items)]
    if len(missing) == 0:
        return items, scores
    return np.concatenate((items, missing)), np.concatenate((scores, np.full(len(missing), np.nan, np.float32)))


def _window(name: str, most: str) -> Window:
    """Read one entry of `at_most`.

    Raises
    ------
    SettingsError
        If it is not of the form `brand = "1 in 4"`.
    """
    read = re.fullmatch(r"\s*(\d{1,3})\s+in\s+(\d{1,3})\s*", most)
    if name not in SPREAD or read is None or not 0 < int(read[1]) < int(read[2]):
        raise SettingsError(
            f"at_most says {name} = {most!r}; write {' or '.join(SPREAD)} and how many in how many places: "
            'brand = "1 in 4"'
        )
    return Window(name, int(read[1]), int(read[2]))


def _check_named(setting: str, names: Iterable[str], read: Callable[[str], object]) -> None:
    """Refuse a name that is empty when it is read."""
    for name in names:
        if not read(name):
            raise SettingsError(f"{setting} holds {name!r}, which is empty; take it out or write a name")


def _path(name: str) -> str:
    """Return a category path in the spelling of `engine.shelf.attributes`."""
    return steps_of(name)[-1]


def _numbers(named: Iterable[int | Group]) -> NDArray[np.int32]:
    """Return the numbers of the items that have one, in their order."""
    return np.array([one for one in named if not isinstance(one, Group) and one != UNKNOWN], np.int32)
