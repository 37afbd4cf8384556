"""Files in, checked batches out: the whole way, top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from aisle.ingest.batch import BATCH_ROWS, ROW, BadLine, Batch, Mapped
from aisle.ingest.formats import Format, format_named
from aisle.ingest.identity import ID_OF, Earlier, Identities
from aisle.ingest.mapping import map_columns, read_as
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.readers import read
from aisle.ingest.readers.parquet import read_frame as raw_rows_of_frame
from aisle.ingest.reading import Reading, Rows
from aisle.shop import moments
from aisle.shop.columns import EVENT
from aisle.shop.errors import FileError, FormatError
from aisle.shop.events import EventKind
from aisle.shop.rejects import Reject

NOTHING: Final = Earlier()
"""No earlier import."""

FRAME: Final = "frame"
"""The source of rejects of a frame."""

Source = Sequence[Path] | pl.DataFrame
"""What is imported: files, one after the other, or a frame as if it were a file."""


def read_source(
    source: Source, plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS, earlier: Earlier = NOTHING
) -> Iterator[Batch]:
    """Read files or a frame, and check every row once."""
    if isinstance(source, pl.DataFrame):
        return read_frame(source, plan, now=now, rows=rows, earlier=earlier)
    return read_files(source, plan, now=now, rows=rows, earlier=earlier)


def read_files(
    paths: Sequence[Path],
    plan: Plan,
    *,
    now: int | None = None,
    rows: int = BATCH_ROWS,
    earlier: Earlier = NOTHING,
) -> Iterator[Batch]:
    """Read files and check every row once.

    Parameters
    ----------
    paths
        Read one after the other; a file named twice is read once.
    plan
        How to read their rows.
    now
        The present moment, if not the clock's; timestamps may be a day ahead of it.
    rows
        About how many rows a batch has.
    earlier
        How the rows may have been read before.

    Yields
    ------
    Batch
        `position` goes up to the summed size of the files. Items that events describe come after their file.

    Raises
    ------
    FileError
        If a file is missing, empty, damaged or of an unknown kind.
    FormatError
        If the columns are not what the plan says. A bad row stops nothing: it is a reject.
    """
    if not paths:
        raise FileError("no file is given; name at least one")
    distinct = list(dict.fromkeys(paths))
    yield from _Checker(plan, now, _starts(distinct), earlier).batches(_mapped(distinct, plan, rows))


def read_frame(
    frame: pl.DataFrame, plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS, earlier: Earlier = NOTHING
) -> Iterator[Batch]:
    """Check the rows of a frame as if it were a file; `position` counts rows.

    Raises
    ------
    FormatError
        If the columns are not what the plan says.
    """
    raw = raw_rows_of_frame(frame, FRAME, rows)
    log = log_of(plan)
    mapped = map_columns(raw, plan) if log is None else log.map_batches(raw, FRAME, frame.columns)
    yield from _Checker(plan, now, {}, earlier).batches(mapped)


class _Checker:
    """Checks batches, in their own reading and in those of earlier imports."""

    def __init__(self, plan: Plan, now: int | None, starts: dict[str, int], earlier: Earlier) -> None:
        log = log_of(plan)
        if log is not None and plan.table is not None and plan.table not in log.tables:
            raise FormatError(f"format {log.name} gives {', '.join(log.tables)}; --as {plan.table} is not among them")
        self._plan = plan
        self._log = log
        self._starts = starts
        now = moments.now() if now is None else now
        self._reading = Reading(plan, log, now)
        self._earlier = [] if log else [(plan, Reading(plan, None, now)) for plan in earlier.readings]
        self._raw = {table: Identities(plan.format or OWN) for table in ID_OF} if earlier.raw_cells else {}

    def batches(self, mapped: Iterable[Mapped]) -> Iterator[Batch]:
        """Check mapped rows, batch by batch; bad lines count for the first table that their raw batch is mapped to."""
        last = None
        for batch in mapped:
            bad = [] if batch.raw is last else batch.raw.bad
            last = batch.raw
            wanted = self._plan.table in (None, batch.table)
            yield self._batch(batch if wanted else _emptied(batch), bad)

    def _batch(self, mapped: Mapped, bad: list[BadLine]) -> Batch:
        raw, table = mapped.raw, mapped.table
        rows = self._reading.check(mapped)
        rejects = [Reject(raw.source, line, table, reason, text) for line, reason, text in bad]
        lines = raw.lines.gather(rows.rejected[ROW]).to_list()
        details = zip(lines, rows.rejected["reason"].to_list(), raw.texts(rows.rejected[ROW]), strict=True)
        rejects += [Reject(raw.source, line, table, reason, text) for line, reason, text in details]
        reading = None if self._log else read_as(self._plan, raw.frame.columns)
        return Batch(
            table,
            rows.accepted,
            rejects,
            mapped.frame.height + len(bad),
            self._starts.get(raw.source, 0) + raw.position,
            self._aliases(mapped, rows, reading),
            reading,
            reading is None or reading.constants.get(EVENT) != EventKind.VIEW_ITEM,
        )

    def _aliases(self, mapped: Mapped, rows: Rows, reading: Plan | None) -> pl.DataFrame:
        """Return the other ids under which rows may be stored; a row that came with its id has no other one."""
        if mapped.table not in ID_OF or rows.accepted.is_empty():
            return pl.DataFrame()
        ways: list[pl.Series] = []
        if mapped.table in self._raw:
            content = mapped.raw.content().gather(mapped.frame[ROW])
            ways.append(self._raw[mapped.table].of(content, mapped.raw.source).gather(rows.places))
        for plan, other in self._earlier:
            if plan != reading and plan.table == mapped.table and set(plan.columns) <= set(mapped.raw.frame.columns):
                ways.append(_ids_by(plan, other, mapped, rows.origins))
        if rows.given.null_count() < rows.given.len():
            ways = [pl.select(pl.when(rows.given.is_null()).then(ids)).to_series() for ids in ways]
            ways.append(rows.given)
        return pl.DataFrame([ids.alias(f"alias_{place}") for place, ids in enumerate(ways)])


def _ids_by(plan: Plan, reading: Reading, mapped: Mapped, origins: pl.Series) -> pl.Series:
    """Return the ids that the rows of a batch have in another reading, null where that one rejects them."""
    known = replace(mapped.raw, frame=mapped.raw.frame.select(list(plan.columns)))
    (other,) = map_columns(iter([known]), plan)
    rows = reading.check(other)
    ids = pl.DataFrame({ROW: rows.origins, "id": rows.accepted[ID_OF[mapped.table]]})
    return origins.alias(ROW).to_frame().join(ids, on=ROW, how="left", maintain_order="left")["id"]


def _mapped(paths: Sequence[Path], plan: Plan, rows: int) -> Iterator[Mapped]:
    log = log_of(plan)
    if log is not None:
        yield from log.map(paths, rows, plan.encoding)
        return
    for path in paths:
        yield from map_columns(read(path, rows=rows, encoding=plan.encoding, header=plan.header), plan)


def log_of(plan: Plan) -> Format | None:
    """Return the known log that a plan names, or None if the plan is for our own columns."""
    return None if plan.format is None or plan.format == OWN else format_named(plan.format)


def _starts(paths: Sequence[Path]) -> dict[str, int]:
    """Return where each file would start if all were one."""
    starts, end = {}, 0
    for path in paths:
        starts[str(path)] = end
        end += path.stat().st_size if path.is_file() else 0
    return starts


def _emptied(mapped: Mapped) -> Mapped:
    return Mapped(mapped.table, mapped.frame.clear(), mapped.raw)
