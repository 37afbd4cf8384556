"""The rules of a placement: its settings, checked, and bound to a model's item numbers.

`engine.shelf.reranking` applies them. A hidden or sold-out item is never shown, whatever the rules.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import steps_of
from aisle.recommenders.base import Config
from aisle.shop.errors import SettingsError
from aisle.shop.ids import UNKNOWN, among

Price = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Days = Annotated[float, msgspec.Meta(gt=0)]
Boost = Annotated[float, msgspec.Meta(ge=0.001, le=1000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Visits = Annotated[int, msgspec.Meta(ge=2, le=100)]

CATEGORY: Final = "category"
BRAND: Final = "brand"
ITEM: Final = "item"
SPREAD: Final = (BRAND, CATEGORY)
"""What `at_most` may name."""
BOOSTED: Final = (CATEGORY, BRAND, ITEM)
"""What a boost may name, before a colon."""


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
    """Ids of items that are never shown here."""
    not_bought_within_days: Days | None = None
    """No item that the shopper bought within so many days; infinity: no item that they ever bought."""
    one_per_group: bool = True
    """Whether only the best variant of each product is shown."""
    boosts: dict[str, Boost] = msgspec.field(default_factory=dict)
    """Factors of `category:PATH`, `brand:NAME` or `item:ID`: above 1 moves items up, below 1 down."""
    pins: tuple[str, ...] = ()
    """Ids of items that come first, in this order, whenever they are available."""
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
            _parts(key)
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
        """Refuse a pin that is also excluded, or given twice."""
        for place, pin in enumerate(self.pins):
            if pin in self.exclude:
                raise SettingsError(f"item {pin!r} is both in pins and in exclude; take it out of one of them")
            if pin in self.pins[:place]:
                raise SettingsError(f"item {pin!r} is in pins twice; an item stands on a shelf once, name it once")

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


@dataclass(frozen=True, eq=False)
class BoundRules:
    """Rules with item numbers in place of ids.

    Attributes
    ----------
    categories
        The paths of `rules.categories`, in the spelling of `engine.shelf.attributes`.
    exclude, pins
        Item numbers; ids without a number are skipped.
    category_boosts, brand_boosts, item_boosts
        Paths, brands and item numbers with their factors.
    """

    rules: Rules
    categories: tuple[str, ...]
    exclude: NDArray[np.int32]
    pins: NDArray[np.int32]
    category_boosts: tuple[tuple[str, float], ...]
    brand_boosts: tuple[tuple[str, float], ...]
    item_boosts: tuple[tuple[int, float], ...]

    @property
    def moves(self) -> bool:
        """Whether items may be moved up or down."""
        return bool(len(self.pins) or self.rules.boosts or self.rules.overstock_boost)


_NO_ITEMS: Final = np.zeros(0, np.int32)


def bind(rules: Rules, items: Numbered) -> BoundRules:
    """Look up the item ids of rules."""
    if not (rules.boosts or rules.categories or rules.exclude or rules.pins):
        return BoundRules(rules, (), _NO_ITEMS, _NO_ITEMS, (), (), ())
    boosts = [(*_parts(key), factor) for key, factor in rules.boosts.items()]
    numbered = ((items.number(name), factor) for what, name, factor in boosts if what == ITEM)
    return BoundRules(
        rules=rules,
        categories=tuple(_path(name) for name in rules.categories),
        exclude=_known(rules.exclude, items),
        pins=_known(rules.pins, items),
        category_boosts=tuple((_path(name), factor) for what, name, factor in boosts if what == CATEGORY),
        brand_boosts=tuple((name, factor) for what, name, factor in boosts if what == BRAND),
        item_boosts=tuple((number, factor) for number, factor in numbered if number != UNKNOWN),
    )


def with_pins(
    items: NDArray[np.int32], scores: NDArray[np.float32], rules: BoundRules
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return candidates, followed by the pins that are not among them, whose scores are NaN.

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


def _parts(key: str) -> tuple[str, str]:
    """Split the key of a boost into its kind, one of `BOOSTED`, and its name.

    Raises
    ------
    SettingsError
        If it names nothing that can be boosted.
    """
    what, _, name = key.partition(":")
    if what not in BOOSTED or not name.strip():
        raise SettingsError(f"boost {key!r} names nothing to move; write category:PATH, brand:NAME or item:ID")
    if what == CATEGORY and not steps_of(name):
        raise SettingsError(f"boost {key!r} has no step in its path; write one such as category:Tea > Green")
    return what, name


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


def _known(ids: Iterable[str], items: Numbered) -> NDArray[np.int32]:
    """Return the numbers of the ids that have one, in their order."""
    return np.array([number for item_id in ids if (number := items.number(item_id)) != UNKNOWN], np.int32)
