"""A plan for files, guessed from the names and values of their columns, for a person to confirm."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from msgspec.structs import replace

from aisle.ingest.batch import RawBatch
from aisle.ingest.dates import EXCEL, DateRule, detect
from aisle.ingest.formats import recognise
from aisle.ingest.ingest import read_files
from aisle.ingest.mapping import implied_kind, missing, no_column, unmapped
from aisle.ingest.numbers import finite, in_stock, money, whole
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.readers import read
from aisle.ingest.synonyms import SYNONYMS, squashed
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.errors import FileError, FormatError
from aisle.shop.events import ALIASES, EARLIEST, MAX_AHEAD, MAX_RATING, EventKind, normal_name

TRIED_ROWS: Final = 2_000
"""How many rows a guess is tried on."""

_QUOTED: Final = re.compile(r"'.*'", re.DOTALL)
_MOST_KINDS: Final = 20
_WHOLE_STARS: Final = {str(star) for star in range(1, 6)}
_STARS: Final = {f"{half / 2:g}" for half in range(1, 11)}
_ORDERS: Final = re.compile(
    r"order|purchase|sales|invoice|transaction|bestell|auftr|rechnung|verk[aä]uf|pedido|compra|venta|venda|commande|ordin",
    re.IGNORECASE,
)
"""What the name of a file of orders holds."""
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
_MOST_SHOWN: Final = 8
"""How many values or columns a note names."""
_LONGEST_WORD: Final = 60
_OF_ITEMS: Final = (c.TITLE, c.CATEGORY, c.BRAND)
_RATINGS: Final = frozenset((c.RATING, *SYNONYMS[c.RATING]))


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
        Reasons why rows would be rejected, with the number of rows, most first; each as it is told of the first row.
    notes
        What a person should know before confirming.
    """

    plan: Plan
    table: str
    sample: pl.DataFrame
    looked_at: int
    rejects: dict[str, int]
    notes: tuple[str, ...]

    def adds_columns_to(self, given: Plan) -> bool:
        """Whether the guess says what columns are beyond those that were given."""
        return self.plan.columns != given.columns

    @property
    def arguments(self) -> tuple[str, ...]:
        """The plan as options of the command line."""
        return self.plan.arguments()


def guess(
    paths: Sequence[Path],
    given: Plan | None = None,
    *,
    now: int | None = None,
) -> Guess:
    """Guess what files hold: a log known by name, or a table with columns like ours.

    Parameters
    ----------
    given
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
    given = given or Plan()
    known = None if given.maps else recognise(paths, given.encoding)
    if known is not None:
        return _tried(replace(given, format=known.name), paths, (f"recognised as {known.about}",), now)
    raw = next(read(paths[0], rows=TRIED_ROWS, encoding=given.encoding, header=given.header))
    plan, notes = _plan_of(raw, given, paths, now)
    return _tried(plan, paths, notes, now)


def _tried(plan: Plan, paths: Sequence[Path], notes: tuple[str, ...], now: int) -> Guess:
    batches = read_files(paths, plan, now=now, rows=TRIED_ROWS)
    batch = next((batch for batch in batches if batch.read), None)
    if batch is None:
        raise FileError(f"{paths[0]} holds no row that Aisle can use; give a file of events, items, users or reviews")
    alike = Counter(_QUOTED.sub("…", reject.reason) for reject in batch.rejects)
    examples = {_QUOTED.sub("…", reject.reason): reject.reason for reject in reversed(batch.rejects)}
    reasons = {examples[reason]: count for reason, count in alike.most_common()}
    return Guess(plan, batch.table, batch.accepted.head(3), batch.read, reasons, notes)


def _plan_of(raw: RawBatch, given: Plan, paths: Sequence[Path], now: int) -> tuple[Plan, tuple[str, ...]]:
    frame = raw.frame
    _check_given(raw, given)
    table = given.table or ("events" if given.columns or given.constants else _table_of(frame, now))
    names = _columns(frame, table, now, _with_values(frame, given))
    ours = [*names.values(), *given.constants]
    required = missing(ours, table)
    if table == "events" and c.USER_ID not in ours and c.SESSION_ID not in ours:
        required = [c.USER_ID, *required]
    if required:
        raise unmapped(raw.source, frame.columns, required, table)
    constants = dict(given.constants)
    if table == "events" and c.EVENT not in ours:
        constants[c.EVENT] = _kind_of(ours, paths)
    columns = {theirs: name for theirs, name in names.items() if theirs != name}
    own = not (columns or constants or given.maps)
    plan = replace(given, table=table, columns=columns, constants=constants, format=OWN if own else None)
    notes = _notes(frame, names, plan, given)
    if c.TIMESTAMP not in names.values():
        return plan, tuple(notes)
    if given.date_format is None:
        times = frame[_theirs(names, c.TIMESTAMP)]
        rule = detect(times, "UTC", now)
        plan, notes = replace(plan, date_format=rule.format), notes + _date_notes(times, rule)
    return replace(plan, timezone=given.timezone or "UTC"), tuple(notes)


def _check_given(raw: RawBatch, given: Plan) -> None:
    for theirs in given.columns:
        if theirs not in raw.frame.columns:
            raise no_column(raw, theirs)


def _kind_of(ours: list[str], paths: Sequence[Path]) -> str:
    """Return the kind of events without a word for it: orders are told by their columns or by the file's name."""
    kind = implied_kind(ours)
    return EventKind.PURCHASE if kind == EventKind.VIEW_ITEM and _ORDERS.search(paths[0].name) else kind


def _with_values(frame: pl.DataFrame, given: Plan) -> dict[str, str]:
    """Return the columns that are known: those given, and the one that holds the values given."""
    names = dict(given.columns)
    if not given.values or c.EVENT in names.values():
        return names
    rest = [theirs for theirs in (*_named(frame, c.EVENT), *frame.columns) if theirs not in names]
    for theirs in rest:
        if set(given.values) <= set(frame[theirs].str.strip_chars().to_list()):
            return names | {theirs: c.EVENT}
    named = _named(frame, c.EVENT)
    if not named:
        raise FormatError(f"no column holds {', '.join(given.values)}; name it with --map COLUMN=event")
    return names | {named[0]: c.EVENT}


def _table_of(frame: pl.DataFrame, now: int) -> str:
    """Return the table whose columns a frame has."""
    reviews = _columns(frame, "reviews", now).values()
    if c.TEXT in reviews and c.ITEM_ID in reviews:
        return "reviews"
    events = _columns(frame, "events", now)
    known = events.values()
    if c.USER_ID in known and c.ITEM_ID not in known and frame[_theirs(events, c.USER_ID)].is_unique().all():
        return "users"
    if c.TIMESTAMP in known and (c.USER_ID in known or c.SESSION_ID in known):
        return "events"
    items = _columns(frame, "items", now).values()
    return "items" if c.ITEM_ID in items and c.USER_ID not in known and len(items) > 1 else "events"


def _columns(frame: pl.DataFrame, table: str, now: int, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Map their columns to ours: as given, by name where the values agree, then by values alone."""
    names: dict[str, str] = dict(given or {})
    for ours in c.TABLES[table]:
        for theirs in _named(frame, ours) if ours not in names.values() else ():
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


def _theirs(names: Mapping[str, str], ours: str) -> str:
    return next(theirs for theirs, name in names.items() if name == ours)


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


def _notes(frame: pl.DataFrame, names: Mapping[str, str], plan: Plan, given: Plan) -> list[str]:
    """Say what a person should know: what the rows count as, how values are read, and what is left out."""
    left_out = [theirs for theirs in frame.columns if theirs not in names]
    notes = [*_kind_notes(frame, names, left_out, plan, given)] if plan.table == "events" else []
    by_values = [theirs for theirs, ours in names.items() if ours == c.RATING and squashed(theirs) not in _RATINGS]
    notes += [f"{theirs} is taken for stars, as its values look like them" for theirs in by_values]
    if c.QUANTITY in names.values() and not plan.returns and plan.table == "events":
        negative = int(frame[_theirs(names, c.QUANTITY)].str.strip_chars_start().str.starts_with("-").sum())
        if negative:
            notes.append(f"{negative:,} rows have a negative quantity: --returns stores them as refunds")
    if left_out and plan.table != "users":
        notes.append(f"left out: {_few(left_out)}")
    described = [theirs for ours in _OF_ITEMS for theirs in _named(frame, ours) if theirs in left_out]
    if plan.table == "events" and described:
        notes.append(f"{_few(described)}: import the file once more --as items to keep this too")
    return notes


def _kind_notes(
    frame: pl.DataFrame, names: Mapping[str, str], left_out: list[str], plan: Plan, given: Plan
) -> Iterator[str]:
    """Say what kinds of events the rows are."""
    kind = plan.constants.get(c.EVENT)
    if kind is None:
        yield from _value_notes(frame[_theirs(names, c.EVENT)], plan)
        return
    if c.EVENT in given.constants:
        yield f"every row is a {kind}"
        return
    other = EventKind.VIEW_ITEM if kind == EventKind.PURCHASE else EventKind.PURCHASE
    yield f"every row is a {kind}: no column says the kind; --event {other} changes that"
    for theirs in (name for name in _named(frame, c.EVENT) if name in left_out):
        values = frame[theirs].drop_nulls().unique().sort().to_list()
        if 1 < len(values) <= _MOST_KINDS:
            yield (
                f"{theirs}: {len(values)} different values ({_few(values)}); "
                f"map them with --map-value {shlex.quote(values[-1])}=purchase"
            )


def _value_notes(words: pl.Series, plan: Plan) -> Iterator[str]:
    """Say which kind each word stands for, and which words stand for none."""
    counts = sorted(Counter(words.drop_nulls().str.strip_chars().to_list()).items(), key=lambda row: (-row[1], row[0]))
    kinds = {word: ALIASES.get(normal_name(plan.values.get(word, word))) for word, _ in counts}
    read_as = [f"{word} → {kind}" for word, kind in kinds.items() if kind is not None and word != kind]
    if read_as:
        yield f"{words.name}: {_few(read_as)}"
    unknown = [word for word, kind in kinds.items() if kind is None]
    if unknown:
        rows = sum(count for word, count in counts if word in unknown)
        yield (
            f"{words.name}: {rows:,} rows have no known kind ({_few(unknown)}); "
            f"map it with --map-value {shlex.quote(unknown[0])}=KIND"
        )


def _few(words: Sequence[str]) -> str:
    shown = ", ".join(word[:_LONGEST_WORD] for word in words[:_MOST_SHOWN])
    return shown if len(words) <= _MOST_SHOWN else f"{shown} and {len(words) - _MOST_SHOWN} more"


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
