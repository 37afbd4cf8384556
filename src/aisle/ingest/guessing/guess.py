"""A plan for files or a frame, guessed from the names and values of their columns, for a person to confirm."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Final, Self

import polars as pl
from msgspec.structs import replace

from aisle.ingest.batch import RawBatch, without_values
from aisle.ingest.dates import detect
from aisle.ingest.formats import Format, recognise, recognise_columns
from aisle.ingest.guessing.columns import known_columns, match_columns, table_of, theirs_of
from aisle.ingest.guessing.notes import date_notes, notes_on
from aisle.ingest.ingest import FRAME, Source, read_source
from aisle.ingest.mapping import implied_kind, missing, no_column, unmapped
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.readers import read
from aisle.ingest.readers.parquet import read_frame as raw_rows_of_frame
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.errors import FileError, FormatError
from aisle.shop.events import EventKind

TRIED_ROWS: Final = 2_000
"""How many rows a guess is tried on."""

_ORDERS: Final = re.compile(
    r"order|purchase|sales|invoice|transaction|bestell|auftr|rechnung|verk[aä]uf|pedido|compra|venta|venda|commande|ordin",
    re.IGNORECASE,
)
"""What the name of a file of orders holds."""


@dataclass(frozen=True, eq=False)
class Guess:
    """A plan that fits some rows, and its result for the first of them.

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

    def with_plan(self, plan: Plan, notes: tuple[str, ...]) -> Self:
        """Return the guess with another plan and other notes."""
        return replace_fields(self, plan=plan, notes=notes)

    def lines(self) -> list[str]:
        """Say what a person should know, and why rows would be rejected."""
        rejects = [
            f"{count:,} of the first {self.looked_at:,} rows would be rejected: {reason}"
            for reason, count in self.rejects.items()
        ]
        return [*self.notes, *rejects]

    def __repr__(self) -> str:
        mapped = [f"{theirs} → {ours}" for theirs, ours in self.plan.columns.items()]
        columns = [f"columns: {', '.join(mapped)}"] if mapped else []
        return "\n".join([f"The first rows, as {self.table}", str(self.sample), *columns, *self.lines()])

    @property
    def arguments(self) -> tuple[str, ...]:
        """The plan as options of the command line."""
        return self.plan.arguments()


def guess(source: Source, given: Plan | None = None, *, now: int | None = None) -> Guess:
    """Guess what files or a frame hold: a log known by name, or a table with columns like ours.

    Parameters
    ----------
    given
        What is known of them; the rest is guessed.

    Raises
    ------
    FormatError
        If no column is recognised as the item, the time or the shopper; the message names the columns. If files hold
        different tables, and nobody says which one all of them are.
    FileError
        If there is no row, or a file cannot be read.
    """
    if not isinstance(source, pl.DataFrame) and not source:
        raise FileError("no file is given; name at least one")
    now = moments.now() if now is None else now
    given = given or Plan()
    if given.format not in (None, OWN):
        return _tried(given, source, (), now)
    known = None if given.maps else _recognised(source, given)
    if known is not None:
        return _tried(replace(given, format=known.name), source, (f"recognised as {known.about}",), now)
    plan, notes = _plan_of(_first_rows(source, given), given, _is_named_like_orders(source), now)
    if not (given.table or given.columns or given.constants or isinstance(source, pl.DataFrame)):
        _check_alike(source, plan, now)
    return _tried(plan, source, notes, now)


def _recognised(source: Source, given: Plan) -> Format | None:
    if isinstance(source, pl.DataFrame):
        return recognise_columns(source.columns)
    return recognise(source, given.encoding)


def _first_rows(source: Source, given: Plan) -> RawBatch:
    if isinstance(source, pl.DataFrame):
        rows = next(raw_rows_of_frame(source.head(TRIED_ROWS), FRAME), None)
        if rows is None:
            raise FileError("the frame has no rows; give one with rows")
        return rows
    return next(read(source[0], rows=TRIED_ROWS, encoding=given.encoding, header=given.header))


def _check_alike(files: Sequence[Path], plan: Plan, now: int) -> None:
    """Raise `FormatError` if a file after the first one, which the plan is of, looks like another table."""
    for file in files[1:]:
        table = table_of(_first_rows([file], plan).frame, now)
        if table != plan.table:
            raise FormatError(
                f"{files[0].name} is taken for {plan.table} and {file.name} for {table}; import each by itself, "
                "or say with --as what they are"
            )


def _is_named_like_orders(source: Source) -> bool:
    return not isinstance(source, pl.DataFrame) and _ORDERS.search(source[0].name) is not None


def _tried(plan: Plan, source: Source, notes: tuple[str, ...], now: int) -> Guess:
    batches = read_source(source, plan, now=now, rows=TRIED_ROWS)
    batch = next((batch for batch in batches if batch.read), None)
    if batch is None:
        name = "the frame" if isinstance(source, pl.DataFrame) else source[0]
        raise FileError(f"{name} holds no row that Aisle can use; give events, items, users or reviews")
    alike = Counter(without_values(reject.reason) for reject in batch.rejects)
    examples = {without_values(reject.reason): reject.reason for reject in reversed(batch.rejects)}
    reasons = {examples[reason]: count for reason, count in alike.most_common()}
    return Guess(plan, batch.table, batch.accepted.head(3), batch.read, reasons, notes)


def _plan_of(raw: RawBatch, given: Plan, of_orders: bool, now: int) -> tuple[Plan, tuple[str, ...]]:
    frame = raw.frame
    _check_given(raw, given)
    table = given.table or ("events" if given.columns or given.constants else table_of(frame, now))
    matched = match_columns(frame, table, now, known_columns(frame, given))
    names = {theirs: ours for theirs, ours in matched.items() if ours not in given.constants}
    ours = [*names.values(), *given.constants]
    required = missing(ours, table)
    if table == "events" and c.USER_ID not in ours and c.SESSION_ID not in ours:
        required = [c.USER_ID, *required]
    if required:
        raise unmapped(raw.source, frame.columns, required, table)
    constants = dict(given.constants)
    if table == "events" and c.EVENT not in ours:
        constants[c.EVENT] = _kind_of(ours, of_orders)
    columns = {theirs: name for theirs, name in names.items() if theirs != name}
    own = not (columns or constants or given.maps)
    plan = replace(given, table=table, columns=columns, constants=constants, format=OWN if own else None)
    notes = notes_on(frame, names, plan, given)
    if c.TIMESTAMP not in names.values():
        return plan, tuple(notes)
    if given.date_format is None:
        times = frame[theirs_of(names, c.TIMESTAMP)]
        rule = detect(times, "UTC", now)
        plan, notes = replace(plan, date_format=rule.format), notes + date_notes(times, rule)
    return replace(plan, timezone=given.timezone or "UTC"), tuple(notes)


def _check_given(raw: RawBatch, given: Plan) -> None:
    for theirs in given.columns:
        if theirs not in raw.frame.columns:
            raise no_column(raw, theirs)


def _kind_of(ours: list[str], of_orders: bool) -> str:
    """Return the kind of events without a word for it: orders are told by their columns or by the file's name."""
    kind = implied_kind(ours)
    return EventKind.PURCHASE if kind == EventKind.VIEW_ITEM and of_orders else kind
