"""Which columns of a file are which of ours, told by their names and values."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from aisle.ingest.dates import detect
from aisle.ingest.guessing.synonyms import SYNONYMS, squashed
from aisle.ingest.numbers import finite, in_stock, money, whole
from aisle.ingest.plan import Plan
from aisle.ingest.written import EXCEL
from aisle.shop import columns as c
from aisle.shop.errors import FormatError
from aisle.shop.events import ALIASES, EARLIEST, MAX_AHEAD, MAX_RATING, normal_name

MOST_KINDS: Final = 20
"""A column of more different words holds no kinds of events."""

_WHOLE_STARS: Final = {str(star) for star in range(1, 6)}
_STARS: Final = {f"{half / 2:g}" for half in range(1, 11)}
_NAMES_OF_OTHERS: Final = frozenset(word for ours, words in SYNONYMS.items() if ours != c.EVENT for word in words)
"""Names of columns that hold no kinds of events, whatever their values are."""
_OTHERS: Final = frozenset(word for ours, words in SYNONYMS.items() if ours != c.RATING for word in words) | {
    "type",
    "code",
    "kind",
    "status",
    "level",
    "class",
    "typ",
    "art",
}
"""Names of columns that hold no stars, whatever their values are."""


def known_columns(frame: pl.DataFrame, given: Plan) -> dict[str, str]:
    """Return the columns that are known: those given, and the one that holds the values given."""
    names = dict(given.columns)
    if not given.values or c.EVENT in names.values():
        return names
    words = named(frame, c.EVENT)
    # Numbers that stand for kinds could also be somebody's id: a column named otherwise is not asked.
    others = [theirs for theirs in frame.columns if squashed(theirs) not in _NAMES_OF_OTHERS]
    for theirs in (theirs for theirs in (*words, *others) if theirs not in names):
        if set(given.values) <= set(frame[theirs].str.strip_chars().to_list()):
            return names | {theirs: c.EVENT}
    if not words:
        raise FormatError(f"no column holds {', '.join(given.values)}; name it with --map COLUMN=event")
    return names | {words[0]: c.EVENT}


def table_of(frame: pl.DataFrame, now: int) -> str:
    """Return the table whose columns a frame has."""
    reviews = match_columns(frame, "reviews", now).values()
    if c.TEXT in reviews and c.ITEM_ID in reviews:
        return "reviews"
    events = match_columns(frame, "events", now)
    known = events.values()
    if c.USER_ID in known and c.ITEM_ID not in known and frame[theirs_of(events, c.USER_ID)].is_unique().all():
        return "users"
    if c.TIMESTAMP in known and (c.USER_ID in known or c.SESSION_ID in known):
        return "events"
    items = match_columns(frame, "items", now).values()
    return "items" if c.ITEM_ID in items and c.USER_ID not in known and len(items) > 1 else "events"


def match_columns(frame: pl.DataFrame, table: str, now: int, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Map their columns to ours: as given, by name where the values agree, then by values alone."""
    names: dict[str, str] = dict(given or {})
    # When somebody ordered an item says nothing of when it came into the shop.
    of_orders = table == "items" and bool(named(frame, c.USER_ID))
    for ours in (ours for ours in c.TABLES[table] if not (of_orders and ours == c.AVAILABLE_FROM)):
        for theirs in named(frame, ours) if ours not in names.values() else ():
            if theirs not in names and _fits(frame[theirs], ours, now):
                names[theirs] = ours
                break
    for ours in (c.TIMESTAMP, c.EVENT, c.RATING) if table == "events" else ():
        rest = [theirs for theirs in frame.columns if theirs not in names] if ours not in names.values() else []
        for theirs in rest:
            if _looks_like(frame[theirs], ours, list(names.values()), now):
                names[theirs] = ours
                break
    return names


def theirs_of(names: Mapping[str, str], ours: str) -> str:
    """Return their column that is mapped to one of ours."""
    return next(theirs for theirs, name in names.items() if name == ours)


def named(frame: pl.DataFrame, ours: str) -> list[str]:
    """Return the columns that have our name or a synonym of it, likeliest first."""
    words = [squashed(ours), *SYNONYMS[ours]]
    places = [(words.index(squashed(name)), name) for name in frame.columns if squashed(name) in words]
    return [name for _, name in sorted(places)]


def _fits(values: pl.Series, ours: str, now: int) -> bool:
    """Tell whether at least half of the values can be read as values of this column."""
    given = values.drop_nulls()
    return given.is_empty() or _readable(given, ours, now) >= 0.5


def _looks_like(values: pl.Series, ours: str, names: list[str], now: int) -> bool:
    """Tell whether the values alone show that a column is this one."""
    given = values.drop_nulls()
    if given.is_empty():
        return False
    if ours == c.TIMESTAMP:
        rule = detect(given, "UTC", now)
        moments_read = given.alias("text").to_frame().select(read=rule.parse(pl.col("text")))["read"]
        plausible = moments_read.is_between(EARLIEST, now + MAX_AHEAD).sum()
        # Any number of five digits could be a date of Excel's: that takes a name.
        return rule.format != EXCEL and int(plausible) >= 0.9 * len(given)
    if ours == c.RATING:
        of_orders = {c.EVENT, c.QUANTITY, c.PRICE} & set(names)
        stars = set(given.str.strip_suffix(".0").unique().to_list())
        say_so = stars == _WHOLE_STARS or bool(stars - _WHOLE_STARS)
        return not of_orders and say_so and len(stars) > 2 and stars <= _STARS and squashed(values.name) not in _OTHERS
    few = ours != c.EVENT or given.n_unique() <= MOST_KINDS
    return few and _readable(given, ours, now) >= 0.9


def _readable(given: pl.Series, ours: str, now: int) -> float:
    """Return the share of values that can be read as values of this column."""
    text = given.alias("text")
    read_values: pl.Expr | pl.Series
    if ours in (c.TIMESTAMP, c.AVAILABLE_FROM):
        read_values = detect(text, "UTC", now).parse(pl.col("text"))
    elif ours == c.EVENT:
        read_values = pl.Series([ALIASES.get(normal_name(name)) is not None or None for name in text.to_list()])
    elif ours in c.MONEY:
        read_values = money(text)
    elif ours in (c.QUANTITY, c.STOCK, c.POSITION):
        read_values = whole(pl.col("text"))
    elif ours == c.IN_STOCK:
        read_values = in_stock(pl.col("text"))
    elif ours == c.RATING:
        number = finite(pl.col("text"))
        read_values = pl.when(number.is_between(0, MAX_RATING)).then(number)
    else:
        return 1.0
    return 1 - text.to_frame().select(read=read_values)["read"].null_count() / len(text)
