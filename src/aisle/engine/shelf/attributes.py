"""The attributes of items that rules need, as arrays: from some rows of the catalogue, or from the whole catalogue.

Both go through the same code, so that the shelves of a batch follow the same rules as live shelves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from aisle.shop.columns import (
    AVAILABLE_FROM,
    BRAND,
    CATEGORY,
    COST,
    HIDDEN,
    IN_STOCK,
    ITEM_GROUP_ID,
    PRICE,
    STOCK,
    TITLE,
)
from aisle.shop.facts import ItemFacts
from aisle.shop.ids import UNKNOWN
from aisle.shop.money import MICROS

if TYPE_CHECKING:
    import polars as pl

Flags = NDArray[np.bool_]
Codes = NDArray[np.int32]
Floats = NDArray[np.float32]

_COLUMNS: Final = (TITLE, CATEGORY, BRAND, ITEM_GROUP_ID, PRICE, STOCK, IN_STOCK, AVAILABLE_FROM, HIDDEN, COST)

_values_of: Final = attrgetter(*_COLUMNS)

_NO_VALUES: Final = (None,) * len(_COLUMNS)

_SEPARATOR: Final = " > "


@dataclass(frozen=True, eq=False)
class ItemAttributes:
    """The attributes of some items; arrays have the shape (items,) unless another is given.

    Attributes
    ----------
    title
        Strings, or None.
    category
        The category path, step by step, as codes of `paths`, (items, depth): `Tea`, then `Tea > Green`; `UNKNOWN`
        after the last step. An item is in a category if the category's code is in its row.
    brand
        Codes of `brands`, or `UNKNOWN`.
    group
        Variants of one product share a code; `UNKNOWN` for an item without variants.
    price
        Units of the currency, or NaN.
    margin
        What is left of the price without the cost, as a share of the price; NaN where either is unknown or 0.
    stock
        Pieces, or NaN.
    sales_per_day
        Pieces sold per day, or NaN. 0 counts as unknown, as a new item has no sales yet.
    hidden
        Whether the shop hides the item everywhere.
    sold_out
        Whether the item is known to be out of stock: `stock` at or below 0, or `in_stock` false.
    available_from
        When it can first be sold, in microseconds, NaN where it always could.
    to_come
        Whether that is after the moment of the request.
    tail
        Whether the item is in the long tail (`engine.shelf.long_tail`).
    paths, brands, groups
        The codes of category paths, of brands and of products with variants.
    usual_cover
        How many days the stock of the shop's median item lasts (`median_cover`), or NaN.
    """

    title: NDArray[np.object_]
    category: Codes
    brand: Codes
    group: Codes
    price: Floats
    margin: Floats
    stock: Floats
    sales_per_day: Floats
    hidden: Flags
    sold_out: Flags
    available_from: NDArray[np.float64]
    to_come: Flags
    tail: Flags
    paths: Mapping[str, int]
    brands: Mapping[str, int]
    groups: Mapping[str, int]
    usual_cover: float

    def __len__(self) -> int:
        return len(self.brand)

    @property
    def available(self) -> Flags:
        """Whether an item may be shown at all: not hidden, not known to be out of stock, and not still to come."""
        return ~(self.hidden | self.sold_out | self.to_come)

    @property
    def cover(self) -> Floats:
        """How many days the stock lasts, or NaN where stock or sales are unknown."""
        days: Floats = np.divide(
            self.stock, self.sales_per_day, out=np.full_like(self.stock, np.nan), where=self.sales_per_day > 0
        )
        return days

    def take(self, places: NDArray[np.integer]) -> "ItemAttributes":
        """Return the attributes of some of the items, with the same codes."""
        return _Taken(self, places)

    def joined(self, other: "ItemAttributes") -> "ItemAttributes":
        """Return these items, followed by others in the codes of these."""
        paths, path_codes = _translation(self.paths, other.paths)
        brands, brand_codes = _translation(self.brands, other.brands)
        groups, group_codes = _translation(self.groups, other.groups)
        depth = max(self.category.shape[1], other.category.shape[1])
        joined: dict[str, Any] = {
            "category": np.concatenate((_padded(self.category, depth), _padded(path_codes[other.category], depth))),
            "brand": np.concatenate((self.brand, brand_codes[other.brand])),
            "group": np.concatenate((self.group, group_codes[other.group])),
        }
        joined |= {name: np.concatenate((getattr(self, name), getattr(other, name))) for name in _PLAIN}
        return ItemAttributes(**joined, paths=paths, brands=brands, groups=groups, usual_cover=self.usual_cover)

    def updated(self, places: NDArray[np.integer], other: "ItemAttributes") -> "ItemAttributes":
        """Return these items with others in some of the places."""
        order = np.arange(len(self))
        order[places] = len(self) + np.arange(len(other))
        return self.joined(other).take(order)


_PLAIN: Final = (
    "title",
    "price",
    "margin",
    "stock",
    "sales_per_day",
    "hidden",
    "sold_out",
    "available_from",
    "to_come",
    "tail",
)
"""The attributes that are no codes."""

_PER_ITEM: Final = ("category", "brand", "group", *_PLAIN)
"""The attributes with a value for each item."""

_OF_ALL: Final = ("paths", "brands", "groups", "usual_cover")
"""The attributes that all items share."""


class _Taken(ItemAttributes):
    """The attributes of some items of a whole, each looked up when it is first asked for: most rules need few."""

    def __init__(self, whole: ItemAttributes, places: NDArray[np.integer]) -> None:
        of_all = {name: getattr(whole, name) for name in _OF_ALL}
        vars(self).update(of_all, _whole=whole, _places=places)

    def __len__(self) -> int:
        return len(self._places)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name not in _PER_ITEM:
            raise AttributeError(name)
        values: NDArray[Any] = getattr(self._whole, name)[self._places]
        vars(self)[name] = values
        return values


def attributes_of_rows(
    rows: Sequence[ItemFacts | None],
    now: int,
    sales_per_day: Floats | None = None,
    tail: Flags | None = None,
    usual_cover: float = np.nan,
) -> ItemAttributes:
    """Return the attributes of a few items.

    Parameters
    ----------
    rows
        The catalogue's row of each item. None for an item that is not in the catalogue; it counts as available, as a
        shop may have no catalogue.
    now
        The moment of the request, in microseconds.
    sales_per_day, tail, usual_cover
        As in `ItemAttributes`; unknown by default.
    """
    values = [_NO_VALUES if row is None else _values_of(row) for row in rows]
    columns = zip(*values, strict=True) if values else [()] * len(_COLUMNS)
    return _attributes(dict(zip(_COLUMNS, columns, strict=True)), len(rows), now, sales_per_day, tail, usual_cover)


def attributes_of_catalogue(
    catalogue: "pl.DataFrame",
    now: int,
    sales_per_day: Floats | None = None,
    tail: Flags | None = None,
    usual_cover: float = np.nan,
) -> ItemAttributes:
    """Return the attributes of all items, as `attributes_of_rows` does.

    Parameters
    ----------
    catalogue
        A row per item, as `prepare.catalogue.aligned` returns it; the values of a missing column are unknown.
    now, sales_per_day, tail, usual_cover
        As in `attributes_of_rows`.
    """
    items = catalogue.height
    columns = {
        name: catalogue.get_column(name).to_list() if name in catalogue.columns else [None] * items for name in _COLUMNS
    }
    return _attributes(columns, items, now, sales_per_day, tail, usual_cover)


def median_cover(stock: Floats, sales_per_day: Floats) -> float:
    """Return how many days the stock of the median item lasts, of the items with stock and sales; NaN without any.

    Parameters
    ----------
    stock, sales_per_day
        As in `ItemAttributes`, (items,).
    """
    counted = (stock > 0) & (sales_per_day > 0)
    return float(np.median(stock[counted] / sales_per_day[counted])) if counted.any() else float("nan")


def sold_here(in_catalogue: Flags) -> Flags:
    """Return which of the model's items the shop sells at all, (items,).

    They are those in its catalogue, if it has one: if that holds at least half of what shoppers dealt with. Of a shop
    that only ever described a few items, all are.

    Parameters
    ----------
    in_catalogue
        Which of the items the catalogue holds, (items,).
    """
    return (
        in_catalogue.copy() if 2 * np.count_nonzero(in_catalogue) >= len(in_catalogue) else np.ones_like(in_catalogue)
    )


@lru_cache(maxsize=65_536)
def steps_of(path: str) -> tuple[str, ...]:
    """Return a category path and all paths above it, from the top: for `A>B`, `A` and `A > B`.

    Spaces around steps and empty steps are removed, so that the same category is the same string.
    """
    names = (name.strip() for name in path.split(">"))
    return tuple(accumulate((name for name in names if name), lambda above, name: above + _SEPARATOR + name))


def _attributes(
    columns: Mapping[str, Sequence[Any]],
    items: int,
    now: int,
    sales_per_day: Floats | None,
    tail: Flags | None,
    usual_cover: float,
) -> ItemAttributes:
    """Make arrays from columns with a value or None per item."""
    category, paths = _categories(columns[CATEGORY])
    brand, brands = _coded(columns[BRAND])
    group, groups = _coded(columns[ITEM_GROUP_ID])
    stock = _numbers(columns[STOCK]).astype(np.float32)
    price, available_from = _numbers(columns[PRICE]), _numbers(columns[AVAILABLE_FROM])
    out_of_stock = np.array([flag is not None and not flag for flag in columns[IN_STOCK]], np.bool_)
    return ItemAttributes(
        title=np.array([*columns[TITLE], None], np.object_)[:-1],
        category=category,
        brand=brand,
        group=group,
        price=(price / MICROS).astype(np.float32),
        margin=_margin(price, _numbers(columns[COST])),
        stock=stock,
        sales_per_day=np.full(items, np.nan, np.float32) if sales_per_day is None else sales_per_day,
        hidden=np.array(columns[HIDDEN], np.bool_),
        sold_out=(stock <= 0) | out_of_stock,
        available_from=available_from,
        to_come=available_from > now,
        tail=np.zeros(items, np.bool_) if tail is None else tail,
        paths=paths,
        brands=brands,
        groups=groups,
        usual_cover=usual_cover,
    )


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """Return numbers, with NaN for None. Integers are exact up to 2^53, which as microseconds is in the year 2255."""
    return np.array(values, np.float64)


def _margin(price: NDArray[np.float64], cost: NDArray[np.float64]) -> Floats:
    """Return which share of the price is left without the cost, (items,)."""
    known = (price > 0) & (cost > 0)
    margin: Floats = np.full(len(price), np.nan, np.float32)
    margin[known] = 1 - cost[known] / price[known]
    return margin


def _coded(names: Iterable[str | None]) -> tuple[Codes, dict[str, int]]:
    """Give names codes in the order of their first use; None and the empty name are `UNKNOWN`."""
    codes: dict[str, int] = {}
    numbered = [codes.setdefault(name, len(codes)) if name else UNKNOWN for name in names]
    return np.array(numbered, np.int32), codes


def _translation(known: Mapping[str, int], other: Mapping[str, int]) -> tuple[Mapping[str, int], Codes]:
    """Return the codes of both, and the new code of each code of the other; `UNKNOWN`, which is -1, keeps its own."""
    new = [name for name in other if name not in known]
    codes = {**known, **{name: len(known) + number for number, name in enumerate(new)}} if new else known
    return codes, np.array([*(codes[name] for name in other), UNKNOWN], np.int32)


def _padded(category: Codes, depth: int) -> Codes:
    """Return paths with room for so many steps."""
    return np.pad(category, ((0, 0), (0, depth - category.shape[1])), constant_values=UNKNOWN)


def _categories(paths: Iterable[str | None]) -> tuple[Codes, dict[str, int]]:
    """Return the codes of each path's steps, (items, depth), and the code of each step."""
    numbered, distinct = _coded(paths)
    steps_of_paths = [steps_of(path) for path in distinct]
    depth = max(map(len, steps_of_paths), default=0)
    codes: dict[str, int] = {}
    rows = [[codes.setdefault(step, len(codes)) for step in steps] for steps in steps_of_paths]
    # The last row is that of `UNKNOWN`, which is -1.
    table = np.array([row + [UNKNOWN] * (depth - len(row)) for row in (*rows, [])], np.int32)
    return table[numbered], codes
