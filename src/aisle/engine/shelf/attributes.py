"""What rules need to know of items, as arrays: from the catalogue's rows of a few, or from the catalogue of all.

Both ways meet in the same columns, so that everybody's shelf in a batch follows the rules that a live one does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from aisle.shop.columns import (
    AVAILABLE_FROM,
    BRAND,
    CATEGORY,
    HIDDEN,
    IN_STOCK,
    ITEM_GROUP_ID,
    PRICE,
    STOCK,
    TITLE,
)
from aisle.shop.ids import UNKNOWN
from aisle.shop.money import MICROS

if TYPE_CHECKING:
    import polars as pl

Flags = NDArray[np.bool_]
Codes = NDArray[np.int32]
Floats = NDArray[np.float32]

_COLUMNS: Final = (TITLE, CATEGORY, BRAND, ITEM_GROUP_ID, PRICE, STOCK, IN_STOCK, AVAILABLE_FROM, HIDDEN)

_values_of: Final = attrgetter(*_COLUMNS)

_NOTHING: Final = (None,) * len(_COLUMNS)

_JOINT: Final = " > "


class CatalogueRow(Protocol):
    """What the catalogue says of one item; every value may be missing."""

    @property
    def title(self) -> str | None:
        """What it is called."""

    @property
    def category(self) -> str | None:
        """A path, `A > B > C`."""

    @property
    def brand(self) -> str | None:
        """Who makes it."""

    @property
    def item_group_id(self) -> str | None:
        """What it shares with its variants."""

    @property
    def price(self) -> int | None:
        """Millionths of the currency unit."""

    @property
    def stock(self) -> int | None:
        """How many pieces there are."""

    @property
    def in_stock(self) -> bool | None:
        """Whether there are any, in a shop that does not count them."""

    @property
    def available_from(self) -> int | None:
        """The moment of its first day, in microseconds."""

    @property
    def hidden(self) -> bool | None:
        """Whether it is to be shown nowhere."""


@dataclass(frozen=True, eq=False)
class ItemAttributes:
    """What is known of some items; the arrays have the shape (items,) unless another is named.

    Attributes
    ----------
    title
        Strings, or None.
    category
        The category path, step by step, as codes of `paths`, (items, depth): `Tea`, then `Tea > Green`; `UNKNOWN`
        below the last step. An item is in a category if the category's code is in its row.
    brand
        Codes of `brands`, or `UNKNOWN`.
    group
        Variants of one product share a code; `UNKNOWN` for an item without variants.
    price
        Units of the currency, or NaN.
    stock
        Pieces, or NaN.
    sales_per_day
        Pieces sold per day, or NaN; 0 says as little as NaN, for what is new has not sold yet either.
    hidden
        What the shop shows nowhere.
    sold_out
        What is known to be out of stock: `stock` at or below 0, or `in_stock` false.
    to_come
        What has an `available_from` after the moment that was asked about.
    tail
        What is in the long tail (`engine.shelf.long_tail`).
    paths, brands
        The codes of category paths and of brands.
    usual_cover
        How many days the stock of the shop's median item lasts (`median_cover`), or NaN.
    """

    title: NDArray[np.object_]
    category: Codes
    brand: Codes
    group: Codes
    price: Floats
    stock: Floats
    sales_per_day: Floats
    hidden: Flags
    sold_out: Flags
    to_come: Flags
    tail: Flags
    paths: Mapping[str, int]
    brands: Mapping[str, int]
    usual_cover: float

    def __len__(self) -> int:
        return len(self.brand)

    @property
    def available(self) -> Flags:
        """Whether an item may be shown at all: not hidden, not known to be out of stock, and its first day is there."""
        return ~(self.hidden | self.sold_out | self.to_come)

    @property
    def cover(self) -> Floats:
        """How many days the stock lasts, or NaN where stock or sales are not known."""
        days: Floats = np.divide(
            self.stock, self.sales_per_day, out=np.full_like(self.stock, np.nan), where=self.sales_per_day > 0
        )
        return days

    def take(self, places: NDArray[np.integer]) -> "ItemAttributes":
        """Return what is known of some of the items, with the same codes."""
        return ItemAttributes(
            title=self.title[places],
            category=self.category[places],
            brand=self.brand[places],
            group=self.group[places],
            price=self.price[places],
            stock=self.stock[places],
            sales_per_day=self.sales_per_day[places],
            hidden=self.hidden[places],
            sold_out=self.sold_out[places],
            to_come=self.to_come[places],
            tail=self.tail[places],
            paths=self.paths,
            brands=self.brands,
            usual_cover=self.usual_cover,
        )


def attributes_of_rows(
    rows: Sequence[CatalogueRow | None],
    now: int,
    sales_per_day: Floats | None = None,
    tail: Flags | None = None,
    usual_cover: float = np.nan,
) -> ItemAttributes:
    """Return the attributes of a few items.

    Parameters
    ----------
    rows
        What the catalogue says of each at this moment; None of an item that it does not know, which is available: a
        shop may have no catalogue.
    now
        The moment that decides what has its first day behind it, in microseconds.
    sales_per_day, tail, usual_cover
        As in `ItemAttributes`; unknown without them.
    """
    values = [_NOTHING if row is None else _values_of(row) for row in rows]
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
        A row per item, as `prepare.catalogue.aligned` gives it; a column that it lacks says nothing.
    now, sales_per_day, tail, usual_cover
        As in `attributes_of_rows`.
    """
    items = catalogue.height
    columns = {
        name: catalogue.get_column(name).to_list() if name in catalogue.columns else [None] * items for name in _COLUMNS
    }
    return _attributes(columns, items, now, sales_per_day, tail, usual_cover)


def median_cover(stock: Floats, sales_per_day: Floats) -> float:
    """Return how many days the stock of the median item lasts, of those in stock that sell; NaN if none is known.

    Parameters
    ----------
    stock, sales_per_day
        As in `ItemAttributes`, (items,).
    """
    counted = (stock > 0) & (sales_per_day > 0)
    return float(np.median(stock[counted] / sales_per_day[counted])) if counted.any() else float("nan")


@lru_cache(maxsize=65_536)
def steps_of(path: str) -> tuple[str, ...]:
    """Return a category path and all above it, from the top: of `A>B`, `A` and `A > B`.

    Space around a step and empty steps mean nothing, so that the same category is the same string.
    """
    names = (name.strip() for name in path.split(">"))
    return tuple(accumulate((name for name in names if name), lambda above, name: above + _JOINT + name))


def _attributes(
    columns: Mapping[str, Sequence[Any]],
    items: int,
    now: int,
    sales_per_day: Floats | None,
    tail: Flags | None,
    usual_cover: float,
) -> ItemAttributes:
    """Make arrays of columns with a value or None per item."""
    category, paths = _categories(columns[CATEGORY])
    brand, brands = _coded(columns[BRAND])
    stock = _numbers(columns[STOCK]).astype(np.float32)
    out_of_stock = np.array([one is not None and not one for one in columns[IN_STOCK]], np.bool_)
    return ItemAttributes(
        title=np.array([*columns[TITLE], None], np.object_)[:-1],
        category=category,
        brand=brand,
        group=_coded(columns[ITEM_GROUP_ID])[0],
        price=(_numbers(columns[PRICE]) / MICROS).astype(np.float32),
        stock=stock,
        sales_per_day=np.full(items, np.nan, np.float32) if sales_per_day is None else sales_per_day,
        hidden=np.array(columns[HIDDEN], np.bool_),
        sold_out=(stock <= 0) | out_of_stock,
        to_come=_numbers(columns[AVAILABLE_FROM]) > now,
        tail=np.zeros(items, np.bool_) if tail is None else tail,
        paths=paths,
        brands=brands,
        usual_cover=usual_cover,
    )


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """Return numbers, with NaN for None; whole ones are exact up to 2^53, which is a moment of the year 2255."""
    return np.array(values, np.float64)


def _coded(names: Iterable[str | None]) -> tuple[Codes, dict[str, int]]:
    """Give names numbers in the order of their first use; None and the empty name are `UNKNOWN`."""
    codes: dict[str, int] = {}
    numbered = [codes.setdefault(name, len(codes)) if name else UNKNOWN for name in names]
    return np.array(numbered, np.int32), codes


def _categories(paths: Iterable[str | None]) -> tuple[Codes, dict[str, int]]:
    """Return the codes of each path's steps, (items, depth), and the code of each step."""
    numbered, different = _coded(paths)
    ladders = [steps_of(path) for path in different]
    depth = max(map(len, ladders), default=0)
    codes: dict[str, int] = {}
    rows = [[codes.setdefault(step, len(codes)) for step in ladder] for ladder in ladders]
    # The last row is that of a path that is `UNKNOWN`, which is -1.
    table = np.array([row + [UNKNOWN] * (depth - len(row)) for row in (*rows, [])], np.int32)
    return table[numbered], codes
