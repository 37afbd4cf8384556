"""A plan for files, guessed from the names and values of their columns, for a person to confirm."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from msgspec.structs import replace

from aisle.ingest.batch import RawBatch
from aisle.ingest.dates import DateRule, detect
from aisle.ingest.formats import recognise
from aisle.ingest.ingest import read_files
from aisle.ingest.mapping import implied_kind, missing, unmapped
from aisle.ingest.numbers import finite, in_stock, money, whole
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.readers import read
from aisle.ingest.synonyms import SYNONYMS, squashed
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.errors import FileError
from aisle.shop.events import ALIASES, MAX_RATING, normal_name

TRIED_ROWS: Final = 2_000
"""How many rows a guess is tried on."""

_QUOTED: Final = re.compile(r"'.*'", re.DOTALL)
_MOST_KINDS: Final = 20
_STARS: Final = {f"{half / 2:g}" for half in range(1, 11)}


@dataclass(frozen=True, eq=False)
class Guess:
    """A plan that fits some files, and its result for their first rows.

    Attributes
    ----------
    sample
        Up to three accepted rows, typed.
    looked_at
        How many rows were tried.
    rejects
        Reasons why rows would be rejected, without the values, with the number of rows, most first.
    notes
        What a person should know before confirming.
    """

    plan: Plan
    table: str
    sample: pl.DataFrame
    looked_at: int
    rejects: dict[str, int]
    notes: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The plan as options of the command line."""
        return self.plan.arguments()


def guess(
    paths: Sequence[Path],
    table: str | None = None,
    timezone: str | None = None,
    date_format: str | None = None,
    *,
    now: int | None = None,
) -> Guess:
    """Guess what files hold: a log known by name, or a table with columns like ours.

    Parameters
    ----------
    table, timezone, date_format
        What is known of the files; the rest is guessed.

    Raises
    ------
    FormatError
        If no column is recognised as the item, the time or the shopper; the message names the columns.
    FileError
        If a file cannot be read.
    """
    if not paths:
        raise FileError("no file is given; name at least one")
    now = moments.now() if now is None else now
    given = Plan(table=table, timezone=timezone, date_format=date_format)
    known = recognise(paths)
    if known is not None:
        return _tried(replace(given, format=known.name), paths, (f"recognised as {known.about}",), now)
    raw = next(read(paths[0], rows=TRIED_ROWS))
    plan, notes = _plan_of(raw, given, now)
    return _tried(plan, paths, notes, now)


def _tried(plan: Plan, paths: Sequence[Path], notes: tuple[str, ...], now: int) -> Guess:
    batches = read_files(paths, plan, now=now, rows=TRIED_ROWS)
    batch = next((batch for batch in batches if batch.read), None)
    if batch is None:
        raise FileError(f"{paths[0]} holds no row that Aisle can use; give a file of events, items, users or reviews")
    reasons = Counter(_QUOTED.sub("…", reject.reason) for reject in batch.rejects)
    return Guess(plan, batch.table, batch.accepted.head(3), batch.read, dict(reasons.most_common()), notes)


def _plan_of(raw: RawBatch, given: Plan, now: int) -> tuple[Plan, tuple[str, ...]]:
    table = given.table or _table_of(raw.frame, now)
    names = _columns(raw.frame, table, now)
    ours = list(names.values())
    required = missing(ours, table)
    if table == "events" and c.USER_ID not in ours and c.SESSION_ID not in ours:
        required = [c.USER_ID, *required]
    if required:
        raise unmapped(raw.source, raw.frame.columns, required, table)
    columns = {theirs: name for theirs, name in names.items() if theirs != name}
    plan = replace(given, table=table, columns=columns, format=None if columns else OWN)
    notes = []
    if table == "events" and c.EVENT not in ours:
        notes.append(f"no column names the event: every row counts as {implied_kind(ours)}")
    if c.TIMESTAMP not in ours:
        return plan, tuple(notes)
    times = raw.frame[next(theirs for theirs, name in names.items() if name == c.TIMESTAMP)]
    if given.date_format is None:
        rule = detect(times, "UTC", now)
        plan, notes = replace(plan, date_format=rule.format), notes + _date_notes(times, rule)
    return replace(plan, timezone=given.timezone or "UTC"), tuple(notes)


def _table_of(frame: pl.DataFrame, now: int) -> str:
    """Return the table whose columns a frame has."""
    reviews = _columns(frame, "reviews", now).values()
    if c.TEXT in reviews and c.ITEM_ID in reviews:
        return "reviews"
    events = _columns(frame, "events", now).values()
    if c.TIMESTAMP in events and (c.USER_ID in events or c.SESSION_ID in events):
        return "events"
    items = _columns(frame, "items", now).values()
    if c.ITEM_ID in items and c.USER_ID not in events and len(items) > 1:
        return "items"
    users_only = c.USER_ID in events and c.ITEM_ID not in items
    return "users" if users_only and c.TIMESTAMP not in events else "events"


def _columns(frame: pl.DataFrame, table: str, now: int) -> dict[str, str]:
    """Map their columns to ours: by name where the values agree, then by values alone."""
    names: dict[str, str] = {}
    for ours in c.TABLES[table]:
        for theirs in _named(frame, ours):
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


def _named(frame: pl.DataFrame, ours: str) -> list[str]:
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
    if ours == c.RATING:
        of_orders = {c.EVENT, c.QUANTITY, c.PRICE} & set(names)
        stars = set(given.str.strip_suffix(".0").unique().to_list())
        return not of_orders and len(stars) > 2 and stars <= _STARS
    few = ours != c.EVENT or given.n_unique() <= _MOST_KINDS
    return few and _readable(given, ours, now) >= 0.9


def _readable(given: pl.Series, ours: str, now: int) -> float:
    """Return the share of values that can be read as values of this column."""
    text = given.alias("text")
    read_values: pl.Expr | pl.Series
    if ours in (c.TIMESTAMP, c.AVAILABLE_FROM):
        read_values = detect(text, "UTC", now).parse(pl.col("text"))
    elif ours == c.EVENT:
        read_values = pl.Series([ALIASES.get(normal_name(name)) is not None or None for name in text.to_list()])
    elif ours == c.PRICE:
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


def _date_notes(values: pl.Series, rule: DateRule) -> list[str]:
    """Note if the dates could also be read with day and month exchanged."""
    first, second = rule.format[:2], rule.format[3:5]
    if {first, second} != {"%d", "%m"}:
        return []
    swapped = second + rule.format[2] + first + rule.format[5:]
    given = values.drop_nulls().alias("text").to_frame()
    if given.select(read=DateRule(swapped).parse(pl.col("text")))["read"].null_count():
        return []
    return [f"dates could also be {swapped}: give --date-format '{swapped}' if they are"]
