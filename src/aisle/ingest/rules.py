"""The rules for rows: one table, which two readers follow.

`validate` reads it as column expressions, for files of millions of rows; `rows.check` reads it row by row, for the few
events of a request. Neither has a rule of its own.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum, auto
from typing import Final, NamedTuple

from aisle.shop import columns as c
from aisle.shop.events import (
    KINDS_WITHOUT_ITEM,
    MAX_AHEAD,
    MAX_ID_BYTES,
    MAX_QUANTITY,
    MAX_RATING,
    MAX_TEXT_BYTES,
    EventKind,
)
from aisle.shop.moments import from_moment

MOMENTS: Final = (c.TIMESTAMP, c.AVAILABLE_FROM)
"""The columns that hold moments."""

OBJECTS: Final = (c.PROPERTIES, c.ATTRIBUTES)
"""The columns that hold JSON objects."""

IDS: Final = (
    c.EVENT_ID,
    c.REVIEW_ID,
    c.USER_ID,
    c.ITEM_ID,
    c.ITEM_GROUP_ID,
    c.SESSION_ID,
    c.TRANSACTION_ID,
    c.RECOMMENDATION_ID,
    c.PLACEMENT,
)
"""The columns of ids and other short words."""

QUOTED: Final = 60
"""How many characters of a text a reason quotes."""

_REQUIRED: Final = {"events": (c.TIMESTAMP,), "items": (c.ITEM_ID,), "users": (c.USER_ID,), "reviews": (c.ITEM_ID,)}
_NEED_ITEM: Final = frozenset(kind.value for kind in EventKind if kind not in KINDS_WITHOUT_ITEM)
_UNREADABLE: Final = {
    **dict.fromkeys(c.MONEY, "is not an amount of money below a billion; write it as a plain number such as 12.50"),
    c.QUANTITY: "is not a whole number",
    c.RATING: "is not a finite number",
    c.POSITION: f"is not a whole number up to {2**31 - 1}",
    c.STOCK: "is not a whole number",
    c.IN_STOCK: "is neither true nor false, neither in stock nor out of stock",
    c.HIDDEN: "is neither true nor false",
    c.CURRENCY: "is no currency of ISO 4217; write its code, such as EUR",
}
"""What is wrong with a text that cannot be parsed, by column."""


class Fault(IntEnum):
    """What can be wrong with a column. Only `MISSING` is true of an empty one."""

    MISSING = auto()
    """It is empty, and so is every other column of the rule."""
    UNREADABLE = auto()
    """Its text cannot be parsed."""
    NO_OBJECT = auto()
    """Its text is not a JSON object."""
    LONGER = auto()
    """Its text has more bytes than the limit."""
    CONTROL = auto()
    """Its text holds a control character."""
    NUL = auto()
    """Its text holds a NUL character."""
    BELOW = auto()
    """Its value is below the limit."""
    ABOVE = auto()
    """Its value is above the limit."""
    AHEAD = auto()
    """Its moment is further ahead of now than the limit."""


class Rule(NamedTuple):
    """A fault that no row may have.

    Attributes
    ----------
    columns
        The columns that it is about; all but `Fault.MISSING` are about one.
    sentence
        The reason to reject a row. `{}` stands for the column's text, shortened and in quotes, `{event}` for the
        event's kind.
    limit
        For faults that have one.
    kinds
        The kinds of events that the rule is for; None: every row.
    """

    columns: tuple[str, ...]
    fault: Fault
    sentence: str
    limit: float = 0
    kinds: frozenset[str] | None = None


def rules(table: str, formats: Mapping[str, str], earliest: int) -> Iterator[Rule]:
    """Give the rules of a table, the most important first.

    Parameters
    ----------
    formats
        The date format of each column of moments, for the reasons.
    earliest
        The first moment that a timestamp may have.
    """
    if table == "events":
        yield Rule((c.EVENT,), Fault.MISSING, "event is missing")
        yield Rule((c.EVENT,), Fault.UNREADABLE, "event {} is unknown; known are " + ", ".join(EventKind))
    for name in _REQUIRED[table]:
        yield Rule((name,), Fault.MISSING, f"{name} is missing")
    for name, dtype in c.TABLES[table].items():
        yield from _column_rules(name, dtype, formats)
    if table == "events":
        yield Rule((c.ITEM_ID,), Fault.MISSING, "item_id is missing; {event} needs one", kinds=_NEED_ITEM)
        yield Rule(
            (c.RATING,), Fault.MISSING, "rating is missing; {event} needs one", kinds=frozenset({EventKind.RATE})
        )
    if table == "reviews":
        yield Rule((c.RATING, c.TEXT, c.TITLE), Fault.MISSING, "the review has neither a rating nor a text")
    if c.TIMESTAMP in c.TABLES[table]:
        year = from_moment(earliest).year
        yield Rule((c.TIMESTAMP,), Fault.BELOW, f"timestamp {{}} is before {year}", earliest)
        yield Rule((c.TIMESTAMP,), Fault.AHEAD, "timestamp {} is more than 24 hours ahead", MAX_AHEAD)


def _column_rules(name: str, dtype: str, formats: Mapping[str, str]) -> Iterator[Rule]:
    if name in IDS:
        yield Rule((name,), Fault.LONGER, f"{name} {{}} has more than {MAX_ID_BYTES} bytes", MAX_ID_BYTES)
        yield Rule((name,), Fault.CONTROL, f"{name} {{}} holds a control character")
    elif name in MOMENTS:
        yield Rule((name,), Fault.UNREADABLE, f"{name} {{}} does not match the date format {formats[name]}")
    elif name == c.CURRENCY:
        yield Rule((name,), Fault.UNREADABLE, f"{name} {{}} {_UNREADABLE[name]}")
    elif dtype != "str":
        yield from _number_rules(name)
    elif name != c.EVENT:
        yield from _text_rules(name)


def _text_rules(name: str) -> Iterator[Rule]:
    yield Rule((name,), Fault.LONGER, f"{name} {{}} has more than 32 KB", MAX_TEXT_BYTES)
    yield Rule((name,), Fault.NUL, f"{name} {{}} holds a NUL character")
    if name in OBJECTS:
        yield Rule((name,), Fault.NO_OBJECT, f"{name} {{}} is not a JSON object")


def _number_rules(name: str) -> Iterator[Rule]:
    """Give the rules of a column of numbers or of yes and no: the value can be parsed, and is in its range."""
    yield Rule((name,), Fault.UNREADABLE, f"{name} {{}} {_UNREADABLE[name]}")
    if name in (*c.MONEY, c.POSITION):
        yield Rule((name,), Fault.BELOW, f"{name} {{}} is negative", 0)
    elif name == c.QUANTITY:
        yield Rule((name,), Fault.BELOW, "quantity {} is not positive", 1)
        yield Rule((name,), Fault.ABOVE, f"quantity {{}} is above {MAX_QUANTITY:,}", MAX_QUANTITY)
    elif name == c.RATING:
        for fault, limit in ((Fault.BELOW, 0), (Fault.ABOVE, MAX_RATING)):
            yield Rule((name,), fault, f"rating {{}} is not between 0 and {MAX_RATING:.0f}", limit)
