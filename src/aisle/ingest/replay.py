"""Rows that were set aside go through the door again: the rules, the plan or the rows themselves may have changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

import polars as pl
from msgspec.structs import replace

from aisle.ingest.api import MAX_EVENTS, SOURCE, check_events
from aisle.ingest.dates import ISO_OR_EPOCH
from aisle.ingest.ingest import read_frame
from aisle.ingest.plan import Plan
from aisle.ingest.readers.jsonl import Cells, cells_of, to_frame
from aisle.shop import moments
from aisle.shop.columns import EVENT_ID, TIMESTAMP
from aisle.shop.errors import FormatError

_NO_ROW: Final = "is no row of named cells, or was cut ({}); export it, mend it there and replay that file"


class Rejected(NamedTuple):
    """A row that was set aside."""

    key: str
    """What tells it from all others: the id of an event that has none."""
    source: str
    table: str
    raw: str
    created: int
    """When it came: the time of an event that tells none."""


@dataclass(frozen=True, eq=False)
class Retried:
    """What became of some rows.

    Attributes
    ----------
    accepted
        Rows to store, with the columns and types of their table.
    reasons
        For each row that was set aside None, or why it is again.
    """

    table: str
    accepted: list[pl.DataFrame]
    rows: Sequence[Rejected]
    reasons: list[str | None]


def read_again(rows: Sequence[Rejected], plan: Plan, now: int | None = None) -> Iterator[Retried]:
    """Check rows that were set aside once more.

    Parameters
    ----------
    rows
        Those of one source together, in the order in which they came.
    plan
        What rows of files are, as for an import. Without a date format only ISO 8601 and epoch numbers are dates: a few
        rows are no evidence for anything else.
    """
    now = moments.now() if now is None else now
    plan = replace(plan, date_format=plan.date_format or ISO_OR_EPOCH)
    for (source, table), group in groupby(rows, lambda row: (row.source, row.table)):
        if source == SOURCE and not (plan.columns or plan.format):
            yield from _events_again(list(group), now)
        else:
            yield from _rows_again(table, list(group), plan, now)


def _events_again(rows: list[Rejected], now: int) -> Iterator[Retried]:
    for start in range(0, len(rows), MAX_EVENTS):
        part = rows[start : start + MAX_EVENTS]
        accepted, reasons = check_events(
            [row.raw.encode() for row in part], [(row.key, row.created) for row in part], now
        )
        yield Retried("events", [accepted], part, reasons)


def _rows_again(table: str, rows: list[Rejected], plan: Plan, now: int) -> Iterator[Retried]:
    read: dict[tuple[str, ...], tuple[list[Rejected], list[Cells]]] = {}
    for row in rows:
        try:
            cells = _cells(row)
        except ValueError as error:
            yield Retried(table, [], [row], [_NO_ROW.format(error)])
            continue
        # Apart by their columns, as the id of a row is made of the cells that it has.
        some, their_cells = read.setdefault(tuple(cells), ([], []))
        some.append(row)
        their_cells.append(cells)
    for some, their_cells in read.values():
        yield _frame_again(table, some, to_frame(their_cells), plan, now)


def _cells(row: Rejected) -> Cells:
    cells = cells_of(row.raw.encode())
    return {EVENT_ID: row.key, TIMESTAMP: str(row.created)} | cells if row.source == SOURCE else cells


def _frame_again(table: str, rows: list[Rejected], frame: pl.DataFrame, plan: Plan, now: int) -> Retried:
    reasons: list[str | None] = [None] * len(rows)
    accepted: list[pl.DataFrame] = []
    try:
        for batch in read_frame(frame, replace(plan, table=table), now=now):
            accepted.append(batch.accepted)
            for reject in batch.rejects:
                if reject.line is not None:
                    reasons[reject.line - 1] = reject.reason
    except FormatError as error:
        return Retried(table, [], rows, [str(error)] * len(rows))
    return Retried(table, accepted, rows, reasons)
