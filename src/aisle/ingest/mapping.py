"""Files with our own column names, or with names that a plan maps to ours."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import polars as pl
from msgspec.structs import replace

from aisle.ingest.batch import ROW, Mapped, RawBatch
from aisle.ingest.formats.format import numbered
from aisle.ingest.plan import Plan
from aisle.shop import columns as c
from aisle.shop.errors import FormatError
from aisle.shop.events import EventKind

_REQUIRED: Final = {
    "events": (c.ITEM_ID, c.TIMESTAMP),
    "items": (c.ITEM_ID,),
    "users": (c.USER_ID,),
    "reviews": (c.ITEM_ID,),
}
"""The columns without which every row of a table would be rejected."""

_MOST_NAMES: Final = 25
_LONGEST_NAME: Final = 60


def map_columns(batches: Iterator[RawBatch], plan: Plan) -> Iterator[Mapped]:
    """Map the rows of one file by its column names.

    Parameters
    ----------
    plan
        Its `columns` are their names to ours; columns with one of our names or aliases are mapped as well. What else
        is known of users becomes their attributes.

    Raises
    ------
    FormatError
        If a named column is not in the file, or a required column of the table is neither named nor in the file.
    """
    table, first = plan.table or "events", True
    for raw in batches:
        names = resolve(raw.frame.columns, plan)
        if first:
            _check(raw, names, plan)
            first = False
        taken = [pl.col(theirs).alias(ours) for theirs, ours in names.items()]
        constants = [pl.lit(value).alias(ours) for ours, value in plan.constants.items()]
        frame = numbered(raw.frame).select(ROW, *taken, *constants)
        if table == "events":
            frame = _with_kinds(frame, plan)
        if table == "users" and c.ATTRIBUTES not in frame.columns:
            frame = frame.with_columns(_attributes(raw.frame.drop(names)))
        yield Mapped(table, frame, raw)


def _with_kinds(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Give every event the kind that its own word, the plan or the columns say."""
    if c.EVENT not in frame.columns:
        frame = frame.with_columns(pl.lit(implied_kind(frame.columns)).alias(c.EVENT))
    if plan.values:
        frame = frame.with_columns(pl.col(c.EVENT).str.strip_chars().replace(plan.values))
    if plan.returns and c.QUANTITY in frame.columns:
        returned = pl.col(c.QUANTITY).str.strip_chars_start().str.starts_with("-")
        pieces = pl.col(c.QUANTITY).str.strip_chars_start().str.strip_prefix("-")
        frame = frame.with_columns(
            pl.when(returned).then(pl.lit(EventKind.REFUND.value)).otherwise(c.EVENT).alias(c.EVENT),
            pl.when(returned).then(pieces).otherwise(c.QUANTITY).alias(c.QUANTITY),
        )
    return frame


def _attributes(rest: pl.DataFrame) -> pl.Series:
    """Return the filled cells of each row as a JSON object; null where there is none."""
    rows = ({name: cell for name, cell in row.items() if cell is not None} for row in rest.iter_rows(named=True))
    objects = [msgspec.json.encode(row).decode() if row else None for row in rows]
    return pl.Series(c.ATTRIBUTES, objects or [None] * rest.height, pl.String)


def resolve(present: list[str], plan: Plan) -> dict[str, str]:
    """Map the columns that are present in a file to ours."""
    table = plan.table or "events"
    names = {theirs: ours for theirs, ours in plan.columns.items() if theirs in present}
    taken = {*plan.columns.values(), *plan.constants}
    plain = {theirs: theirs.strip().lower().replace(" ", "_") for theirs in present if theirs not in names}
    aliased = {theirs: c.ALIASES[name] for theirs, name in plain.items() if name in c.ALIASES}
    for theirs, ours in (*plain.items(), *aliased.items()):
        if ours in c.TABLES[table] and ours not in taken:
            names[theirs] = ours
            taken.add(ours)
    return names


def read_as(plan: Plan, present: list[str]) -> Plan:
    """Return how a plan reads a file with these columns, said in full.

    It reads another file that has these columns, and perhaps others, as this one is read.
    """
    columns = resolve(present, plan)
    table, constants = plan.table or "events", plan.constants
    if table == "events" and c.EVENT not in (*columns.values(), *constants):
        constants = constants | {c.EVENT: implied_kind([*columns.values(), *constants])}
    return replace(plan, table=table, format=None, columns=columns, constants=constants, encoding=None, header=True)


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
    other = ", or say --as users if each row is a shopper" if table == "events" and c.ITEM_ID in required else ""
    return FormatError(
        f"{source} has the columns {_listed(present)}; none is known to be {' or '.join(required)} of {table}: "
        f"name it with {maps}, or give the --format{other}"
    )


def no_column(raw: RawBatch, theirs: str) -> FormatError:
    """Return the error for a column that a plan names and a file has not."""
    return FormatError(f"{raw.source} has no column {theirs!r}; it has {_listed(raw.frame.columns)}")


def _check(raw: RawBatch, names: Mapping[str, str], plan: Plan) -> None:
    present, table = raw.frame.columns, plan.table or "events"
    for theirs in plan.columns:
        if theirs not in present:
            raise no_column(raw, theirs)
    required = missing([*names.values(), *plan.constants], table)
    if present and required:
        raise unmapped(raw.source, present, required, table)


def _listed(names: list[str]) -> str:
    shown = ", ".join(name[:_LONGEST_NAME] for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"
