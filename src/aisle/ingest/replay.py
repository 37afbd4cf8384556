"""Rejected rows are checked again: the rules, the plan or the rows may have changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

import polars as pl
from msgspec.structs import replace

from aisle.ingest.api import SOURCE, EventTuple, check_events
from aisle.ingest.ingest import log_of, read_frame
from aisle.ingest.plan import Plan
from aisle.ingest.readers.jsonl import Cells, cells_of, to_frame
from aisle.ingest.written import ISO_OR_EPOCH
from aisle.shop import moments
from aisle.shop.columns import EVENT_ID, TIMESTAMP
from aisle.shop.errors import FormatError
from aisle.shop.events import MAX_EVENTS

_NO_ROW: Final = "is no row of named cells, or was cut ({}); export it, correct it there and replay that file"


class Rejected(NamedTuple):
    """A row that was rejected."""

    key: str
    """Unique; it becomes the id of an event that has none."""
    source: str
    table: str
    raw: str
    created: int
    """When it came in; it becomes the time of an event that has none."""


class Accepted(NamedTuple):
    """Rows that pass the checks now."""

    table: str
    rows: pl.DataFrame | list[EventTuple]
    """A frame with the table's columns and types, or tuples in the order of its columns."""
    reading: Plan | None = None
    """As of `ingest.batch.Batch`."""


@dataclass(frozen=True, eq=False)
class Retried:
    """The outcome of checking rejected rows again.

    Attributes
    ----------
    accepted
        What to store. A format may give rows of other tables too, such as the items that events name.
    reasons
        For each rejected row why it is rejected again, or None.
    """

    table: str
    accepted: list[Accepted]
    rows: Sequence[Rejected]
    reasons: list[str | None]


def read_again(rows: Sequence[Rejected], plan: Plan, now: int | None = None) -> Iterator[Retried]:
    """Check rejected rows again.

    Parameters
    ----------
    rows
        Those of one source together, in the order in which they came.
    plan
        How to read rows of files, as for an import. Without a date format, only ISO 8601 and epoch numbers are dates: a
        few rows are no evidence for anything else.
    """
    now = moments.now() if now is None else now
    plan = replace(plan, date_format=plan.date_format or ISO_OR_EPOCH)
    for (source, table), group in groupby(rows, lambda row: (row.source, row.table)):
        if source == SOURCE and not (plan.maps or plan.format):
            yield from _retry_events(list(group), now)
        else:
            yield from _retry_rows(table, list(group), plan, now)


def _retry_events(rows: list[Rejected], now: int) -> Iterator[Retried]:
    for start in range(0, len(rows), MAX_EVENTS):
        part = rows[start : start + MAX_EVENTS]
        accepted, reasons = check_events(
            [row.raw.encode() for row in part], [(row.key, row.created) for row in part], now
        )
        yield Retried("events", [Accepted("events", accepted)], part, reasons)


def _retry_rows(table: str, rows: list[Rejected], plan: Plan, now: int) -> Iterator[Retried]:
    # Grouped by their columns, as the id of a row depends on which cells it has.
    groups: dict[tuple[str, ...], tuple[list[Rejected], list[Cells]]] = {}
    for row in rows:
        try:
            cells = _cells_of(row)
        except ValueError as error:
            yield Retried(table, [], [row], [_NO_ROW.format(error)])
            continue
        group, group_cells = groups.setdefault(tuple(cells), ([], []))
        group.append(row)
        group_cells.append(cells)
    known = list(dict.fromkeys(name for columns in groups for name in columns))
    for group, group_cells in groups.values():
        yield _retry_frame(table, group, _completed(to_frame(group_cells), known, plan), plan, now)


def _completed(frame: pl.DataFrame, known: list[str], plan: Plan) -> pl.DataFrame:
    """Return rows with the columns of the other rows of their file, behind their own: empty cells were not kept."""
    missing = [pl.lit(None, pl.String).alias(name) for name in known if name not in frame.columns]
    log = log_of(plan)
    whole = frame.with_columns(missing)
    return whole if log is None else log.completed(whole)


def _cells_of(row: Rejected) -> Cells:
    cells = cells_of(row.raw.encode())
    return {EVENT_ID: row.key, TIMESTAMP: str(row.created)} | cells if row.source == SOURCE else cells


def _retry_frame(table: str, rows: list[Rejected], frame: pl.DataFrame, plan: Plan, now: int) -> Retried:
    reasons: list[str | None] = [None] * len(rows)
    accepted: list[Accepted] = []
    # A format knows its tables itself, and gives them all.
    plan = plan if log_of(plan) else replace(plan, table=table)
    try:
        for batch in read_frame(frame, plan, now=now):
            accepted.append(Accepted(batch.table, batch.accepted, batch.reading))
            for reject in batch.rejects:
                if reject.line is not None and batch.table == table:
                    reasons[reject.line - 1] = reject.reason
    except FormatError as error:
        return Retried(table, [], rows, [str(error)] * len(rows))
    return Retried(table, accepted, rows, reasons)
