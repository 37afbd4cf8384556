"""The rules for rows, and the reasons that rows which break them are rejected for.

A rule reads the columns of `validate`: each under its name, typed, null where its text could not be parsed, and the
text under the name with a `_` before it.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import polars as pl

from aisle.ingest.dates import DateRule
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
    c.CURRENCY,
)
"""The columns of ids and other short words."""

_REQUIRED: Final = {"events": (c.TIMESTAMP,), "items": (c.ITEM_ID,), "users": (c.USER_ID,), "reviews": (c.ITEM_ID,)}
_UNREADABLE: Final = {
    c.PRICE: "is not an amount of money below a billion; write it as a plain number such as 12.50",
    c.QUANTITY: "is not a whole number",
    c.RATING: "is not a finite number",
    c.POSITION: f"is not a whole number up to {2**31 - 1}",
    c.STOCK: "is not a whole number",
    c.IN_STOCK: "is neither true nor false, neither in stock nor out of stock",
    c.HIDDEN: "is neither true nor false",
}
"""What is wrong with a text that cannot be parsed, by column."""


class Rule(NamedTuple):
    """Which rows break a rule, and the reason to reject them for."""

    broken: pl.Expr
    reason: pl.Expr


def rules(table: str, dates: Mapping[str, DateRule], now: int, earliest: int) -> Iterator[Rule]:
    """Give the rules of a table, the most important first; the arguments are those of `validate.validate`."""
    if table == "events":
        yield from _kind_rules()
    for name in _REQUIRED[table]:
        yield Rule(pl.col(f"_{name}").is_null(), pl.lit(f"{name} is missing"))
    for name in c.TABLES[table]:
        yield from _column_rules(name, c.TABLES[table][name], dates)
    if table == "events":
        yield from _event_rules()
    if table == "reviews":
        yield from _review_rules()
    if c.TIMESTAMP in c.TABLES[table]:
        yield from _timestamp_rules(now, earliest)


def _column_rules(name: str, dtype: str, dates: Mapping[str, DateRule]) -> Iterator[Rule]:
    if name in IDS:
        yield from _id_rules(name)
    elif name in MOMENTS:
        yield _unreadable(name, f"does not match the date format {dates[name].format}")
    elif dtype != "str":
        yield from _number_rules(name)
    elif name != c.EVENT:
        yield from _text_rules(name)


def _kind_rules() -> Iterator[Rule]:
    yield Rule(pl.col(f"_{c.EVENT}").is_null(), pl.lit("event is missing"))
    known = ", ".join(EventKind)
    yield Rule(pl.col(c.EVENT).is_null(), _quoting("event {} is unknown; known are " + known, c.EVENT))


def _event_rules() -> Iterator[Rule]:
    needs_item = ~pl.col(c.EVENT).is_in([kind.value for kind in KINDS_WITHOUT_ITEM])
    yield Rule(needs_item & pl.col(c.ITEM_ID).is_null(), pl.format("item_id is missing; {} needs one", c.EVENT))
    is_rate = pl.col(c.EVENT) == EventKind.RATE.value
    yield Rule(is_rate & pl.col(c.RATING).is_null(), pl.lit("rating is missing; rate needs one"))


def _review_rules() -> Iterator[Rule]:
    is_empty = pl.all_horizontal(pl.col(c.RATING, c.TEXT, c.TITLE).is_null())
    yield Rule(is_empty, pl.lit("the review has neither a rating nor a text"))


def _id_rules(name: str) -> Iterator[Rule]:
    size = pl.col(name).str.len_bytes()
    yield Rule(size > MAX_ID_BYTES, _quoting(f"{name} {{}} has more than {MAX_ID_BYTES} bytes", name))
    yield Rule(pl.col(name).str.contains(r"\p{Cc}"), _quoting(f"{name} {{}} holds a control character", name))


def _text_rules(name: str) -> Iterator[Rule]:
    yield Rule(pl.col(name).str.len_bytes() > MAX_TEXT_BYTES, _quoting(f"{name} {{}} has more than 32 KB", name))
    yield Rule(pl.col(name).str.contains("\x00", literal=True), _quoting(f"{name} {{}} holds a NUL character", name))
    if name in OBJECTS:
        yield Rule(~pl.col(f"{name} is object"), _quoting(f"{name} {{}} is not a JSON object", name))


def _timestamp_rules(now: int, earliest: int) -> Iterator[Rule]:
    moment = pl.col(c.TIMESTAMP)
    yield Rule(moment < earliest, _quoting(f"timestamp {{}} is before {from_moment(earliest).year}", c.TIMESTAMP))
    yield Rule(moment > now + MAX_AHEAD, _quoting("timestamp {} is more than 24 hours ahead", c.TIMESTAMP))


def _number_rules(name: str) -> Iterator[Rule]:
    """Give the rules of a column of numbers or of yes and no: the value can be parsed, and is in its range."""
    value = pl.col(name)
    yield _unreadable(name, _UNREADABLE[name])
    if name in (c.PRICE, c.POSITION):
        yield Rule(value < 0, _quoting(f"{name} {{}} is negative", name))
    elif name == c.QUANTITY:
        yield Rule(value <= 0, _quoting("quantity {} is not positive", name))
        yield Rule(value > MAX_QUANTITY, _quoting(f"quantity {{}} is above {MAX_QUANTITY:,}", name))
    elif name == c.RATING:
        out = (value < 0) | (value > MAX_RATING)
        yield Rule(out, _quoting(f"rating {{}} is not between 0 and {MAX_RATING:.0f}", name))


def _unreadable(name: str, what: str) -> Rule:
    return Rule(pl.col(name).is_null() & pl.col(f"_{name}").is_not_null(), _quoting(f"{name} {{}} {what}", name))


def _quoting(sentence: str, name: str) -> pl.Expr:
    """Return a sentence with the column's text, shortened and in quotes, in place of `{}`."""
    text = pl.col(f"_{name}")
    short = text.str.slice(0, 60).str.replace_all(r"\p{Cc}", "\ufffd")
    shown = pl.when(text.str.len_chars() > 60).then(pl.format("'{}…'", short)).otherwise(pl.format("'{}'", short))
    return pl.format(sentence, shown)
