"""What a person should know of a guess before confirming it."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from aisle.ingest.dates import DateRule
from aisle.ingest.guessing.columns import MOST_KINDS, named, theirs_of
from aisle.ingest.guessing.synonyms import SYNONYMS, squashed
from aisle.ingest.plan import Plan
from aisle.shop import columns as c
from aisle.shop.events import ALIASES, EventKind, normal_name

_MOST_SHOWN: Final = 8
"""How many values or columns a note names."""
_LONGEST_WORD: Final = 60
_OF_ITEMS: Final = (c.TITLE, c.CATEGORY, c.BRAND)
_RATINGS: Final = frozenset((c.RATING, *SYNONYMS[c.RATING]))


def notes_on(frame: pl.DataFrame, names: Mapping[str, str], plan: Plan, given: Plan) -> list[str]:
    """Say what a person should know: what the rows count as, how values are read, and what is left out."""
    left_out = [theirs for theirs in frame.columns if theirs not in names]
    notes = [*_kind_notes(frame, names, left_out, plan, given)] if plan.table == "events" else []
    by_values = [theirs for theirs, ours in names.items() if ours == c.RATING and squashed(theirs) not in _RATINGS]
    notes += [f"{theirs} is taken for stars, as its values look like them" for theirs in by_values]
    if c.QUANTITY in names.values() and not plan.returns and plan.table == "events":
        negative = int(frame[theirs_of(names, c.QUANTITY)].str.strip_chars_start().str.starts_with("-").sum())
        if negative:
            notes.append(f"rows with a negative quantity: {negative:,}; --returns stores them as refunds")
    if left_out and plan.table != "users":
        notes.append(f"left out: {_few(left_out)}")
    described = [theirs for ours in _OF_ITEMS for theirs in named(frame, ours) if theirs in left_out]
    if plan.table == "events" and described:
        notes.append(f"{_few(described)}: import the file once more with --as items to keep this too")
    return notes


def _kind_notes(
    frame: pl.DataFrame, names: Mapping[str, str], left_out: list[str], plan: Plan, given: Plan
) -> Iterator[str]:
    """Say what kinds of events the rows are."""
    kind = plan.constants.get(c.EVENT)
    if kind is None:
        yield from _value_notes(frame[theirs_of(names, c.EVENT)], plan)
        return
    if c.EVENT in given.constants:
        yield f"every row is a {kind}"
        return
    other = EventKind.VIEW_ITEM if kind == EventKind.PURCHASE else EventKind.PURCHASE
    yield f"every row is a {kind}: no column says the kind; --event {other} changes that"
    for theirs in (name for name in named(frame, c.EVENT) if name in left_out):
        values = frame[theirs].drop_nulls().unique().sort().to_list()
        if 1 < len(values) <= MOST_KINDS:
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
            f"{words.name}: rows without a known kind: {rows:,} ({_few(unknown)}); "
            f"map it with --map-value {shlex.quote(unknown[0])}=KIND"
        )


def _few(words: Sequence[str]) -> str:
    shown = ", ".join(word[:_LONGEST_WORD] for word in words[:_MOST_SHOWN])
    return shown if len(words) <= _MOST_SHOWN else f"{shown} and {len(words) - _MOST_SHOWN} more"


def date_notes(values: pl.Series, rule: DateRule) -> list[str]:
    """Note if the dates could also be read with day and month exchanged."""
    first, second = rule.format[:2], rule.format[3:5]
    if {first, second} != {"%d", "%m"}:
        return []
    swapped = second + rule.format[2] + first + rule.format[5:]
    given = values.drop_nulls().alias("text").to_frame()
    if given.select(read=DateRule(swapped).parse(pl.col("text")))["read"].null_count():
        return []
    return [f"dates could also be {swapped}: give --date-format '{swapped}' if they are"]
