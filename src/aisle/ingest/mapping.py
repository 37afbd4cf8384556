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
"""The columns without which every row of a table would be rejected."""

_MOST_NAMES: Final = 25
_LONGEST_NAME: Final = 60


def map_columns(batches: Iterator[RawBatch], table: str, columns: Mapping[str, str]) -> Iterator[Mapped]:
    """Map the rows of one file by its column names.

    Parameters
    ----------
    columns
        Their names to ours; columns with one of our names or aliases are mapped as well.

    Raises
    ------
    FormatError
        If a named column is not in the file, or a required column of the table is neither named nor in the file.
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


def resolve(present: list[str], table: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Map the columns that are present in a file to ours."""
    names = {theirs: ours for theirs, ours in columns.items() if theirs in present}
    taken = set(columns.values())
    plain = {theirs: theirs.strip().lower().replace(" ", "_") for theirs in present if theirs not in names}
    aliased = {theirs: c.ALIASES[name] for theirs, name in plain.items() if name in c.ALIASES}
    for theirs, ours in (*plain.items(), *aliased.items()):
        if ours in c.TABLES[table] and ours not in taken:
            names[theirs] = ours
            taken.add(ours)
    return names


def implied_kind(ours: list[str]) -> str:
    """Return the kind of the events in a log without a column for it, as its other columns suggest."""
    if c.QUANTITY in ours or c.PRICE in ours or c.TRANSACTION_ID in ours:
        return "purchase"
    return "rate" if c.RATING in ours else "view_item"


def missing(ours: list[str], table: str) -> list[str]:
    """Return the required columns of a table that are not among `ours`."""
    return [name for name in _REQUIRED[table] if name not in ours]


def unmapped(source: str, present: list[str], required: list[str], table: str) -> FormatError:
    """Return the error that names the columns of a file and how to map the required ones."""
    maps = " ".join(f"--map COLUMN={name}" for name in required)
    return FormatError(
        f"{source} has the columns {_listed(present)}; none is known to be {' or '.join(required)} of {table}: "
        f"name it with {maps}, or give the --format"
    )


def _check(raw: RawBatch, names: Mapping[str, str], table: str, columns: Mapping[str, str]) -> None:
    present = raw.frame.columns
    for theirs in columns:
        if theirs not in present:
            raise FormatError(f"{raw.source} has no column {theirs!r}; it has {_listed(present)}")
    required = missing(list(names.values()), table)
    if present and required:
        raise unmapped(raw.source, present, required, table)


def _listed(names: list[str]) -> str:
    shown = ", ".join(name[:_LONGEST_NAME] for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"
