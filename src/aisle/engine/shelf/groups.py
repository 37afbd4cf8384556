"""What a rule may name: one item, or a group of items by category, brand, price or margin.

Written as text, `category:PATH`, `brand:NAME`, `item:ID`, `price:10..20` or `margin:0.4..`; a bare text is an item.
"""

import re
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import Flags, ItemAttributes, steps_of
from aisle.shop.errors import SettingsError

CATEGORY: Final = "category"
BRAND: Final = "brand"
ITEM: Final = "item"
PRICE: Final = "price"
MARGIN: Final = "margin"

KINDS: Final = (CATEGORY, BRAND, ITEM, PRICE, MARGIN)
"""What may stand before a colon."""

_HELP: Final = "write category:PATH, brand:NAME, item:ID, price:LOW..HIGH or margin:LOW..HIGH"
_RANGE: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?\s*")


class Group(NamedTuple):
    """The items of a category, of a brand, or with a price or a margin in a range, both ends included."""

    kind: str
    name: str = ""
    """A category's path in the spelling of `engine.shelf.attributes`, or a brand."""
    low: float = -np.inf
    high: float = np.inf
    """The range: of prices in units of the currency, of margins as shares of the price."""

    def of(self, attributes: ItemAttributes) -> Flags:
        """Return which items are in it, (items,); an item whose value is unknown is in no range."""
        if self.kind == CATEGORY:
            code = attributes.paths.get(self.name)
            return _none(attributes) if code is None else (attributes.category == code).any(axis=1)
        if self.kind == BRAND:
            code = attributes.brands.get(self.name)
            return _none(attributes) if code is None else attributes.brand == code
        values = attributes.price if self.kind == PRICE else attributes.margin
        within: Flags = (values >= np.float32(self.low)) & (values <= np.float32(self.high))
        return within


Named: TypeAlias = str | Group
"""The id of an item, or a group."""


def read_named(setting: str, text: str) -> Named:
    """Read the name of an item or a group; a bare text is the id of an item.

    Raises
    ------
    SettingsError
        If it begins as a group does, and names none.
    """
    kind, colon, _ = text.partition(":")
    return read_kind(setting, text) if colon and kind in KINDS else _item(setting, text)


def read_kind(setting: str, text: str) -> Named:
    """Read the name of an item or a group, which says of what kind it is.

    Raises
    ------
    SettingsError
        If it names nothing.
    """
    kind, _, name = text.partition(":")
    if kind not in KINDS or not name.strip():
        raise SettingsError(f"{setting} {text!r} names nothing; {_HELP}")
    if kind == ITEM:
        return _item(setting, name)
    if kind == CATEGORY:
        if not steps_of(name):
            raise SettingsError(f"{setting} {text!r} has no step in its path; write one such as category:Tea > Green")
        return Group(CATEGORY, steps_of(name)[-1])
    return Group(BRAND, name) if kind == BRAND else _range(setting, text, kind, name)


def _range(setting: str, text: str, kind: str, name: str) -> Group:
    read = _RANGE.fullmatch(name)
    if read is None or not any(read.groups()):
        raise SettingsError(f"{setting} {text!r} is no range; write {kind}:LOW..HIGH, and leave one out to have no end")
    low, high = (
        float(end) if end else fallback for end, fallback in zip(read.groups(), (-np.inf, np.inf), strict=True)
    )
    if low > high:
        raise SettingsError(f"{setting} {text!r} begins above its end; write {kind}:{read[2]}..{read[1]}")
    return Group(kind, low=low, high=high)


def _item(setting: str, item_id: str) -> str:
    if not item_id:
        raise SettingsError(f"{setting} holds an empty name; take it out or write the id of an item")
    return item_id


def _none(attributes: ItemAttributes) -> NDArray[np.bool_]:
    return np.zeros(len(attributes), np.bool_)
