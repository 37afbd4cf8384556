"""Files with our own column names, or with names that a plan maps to ours."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from aisle.ingest.batch import ROW, Mapped, RawBatch
from aisle.ingest.formats.format import numbered
from aisle.shop import columns as c
from aisle.shop.errors import FormatError

_REQUIRED: Final = {
    "events": (c.ITEM_ID, c.TIMESTAMP),
    "items": (c.ITEM_ID,),
    "users": (c.USER_ID,),
    "reviews": (c.ITEM_ID,),
}
"""Without a column for these, no row of a table could be accepted."""

_MOST_NAMES: Final = 25
_LONGEST_NAME: Final = 60


def map_columns(batches: Iterator[RawBatch], table: str, columns: Mapping[str, str]) -> Iterator[Mapped]:
    """Map the rows of one file by its column names.

    Parameters
    ----------
    columns
        Their names to ours; a column with one of our names or aliases is taken besides.

    Raises
    ------
    FormatError
        If a named column is not in the file, or one that the table cannot do without is neither named nor found.
    """
    first = True
    for raw in batches:
        names = resolve(raw.frame.columns, table, columns)
        if first:
            _check(raw, names, table, columns)
            first = False
        taken = [pl.col(theirs).alias(ours) for theirs, ours in names.items()]
        frame = numbered(raw.frame).select(ROW, *taken)
        if table == "events" and c.EVENT not in frame.columns:
            frame = frame.with_columns(pl.lit(implied_kind(list(names.values()))).alias(c.EVENT))
        yield Mapped(table, frame, raw)


def resolve(found: list[str], table: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Return which columns of a file become which of ours."""
    names = {theirs: ours for theirs, ours in columns.items() if theirs in found}
    taken = set(columns.values())
    plain = {theirs: theirs.strip().lower().replace(" ", "_") for theirs in found if theirs not in names}
    aliased = {theirs: c.ALIASES[name] for theirs, name in plain.items() if name in c.ALIASES}
    for theirs, ours in (*plain.items(), *aliased.items()):
        if ours in c.TABLES[table] and ours not in taken:
            names[theirs] = ours
            taken.add(ours)
    return names


def implied_kind(ours: list[str]) -> str:
    """Return the kind of events in a log that has no column for it: what its other columns speak of."""
    if c.QUANTITY in ours or c.PRICE in ours or c.TRANSACTION_ID in ours:
        return "purchase"
    return "rate" if c.RATING in ours else "view_item"


def missing(ours: list[str], table: str) -> list[str]:
    """Return the columns that a table cannot do without and that are not among `ours`."""
    return [name for name in _REQUIRED[table] if name not in ours]


def unmapped(source: str, found: list[str], lacking: list[str], table: str) -> FormatError:
    """Return the error that names the columns of a file and how to map them."""
    maps = " ".join(f"--map COLUMN={name}" for name in lacking)
    return FormatError(
        f"{source} has the columns {_listed(found)}; none is known to be {' or '.join(lacking)} of {table}: "
        f"say which one is with {maps}, or name the --format"
    )


def _check(raw: RawBatch, names: Mapping[str, str], table: str, columns: Mapping[str, str]) -> None:
    found = raw.frame.columns
    for theirs in columns:
        if theirs not in found:
            raise FormatError(f"{raw.source} has no column {theirs!r}; it has {_listed(found)}")
    lacking = missing(list(names.values()), table)
    if found and lacking:
        raise unmapped(raw.source, found, lacking, table)


def _listed(found: list[str]) -> str:
    shown = ", ".join(name[:_LONGEST_NAME] for name in found[:_MOST_NAMES])
    return shown if len(found) <= _MOST_NAMES else f"{shown} and {len(found) - _MOST_NAMES} more"
