"""Files in, checked batches out: the whole way, top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from aisle.ingest.batch import BATCH_ROWS, REJECTED, ROW, BadLine, Batch, Mapped
from aisle.ingest.dates import ISO, DateRule, detect
from aisle.ingest.formats import Format, format_named
from aisle.ingest.identity import Identities
from aisle.ingest.mapping import map_columns
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.readers import read
from aisle.ingest.readers.parquet import read_frame as raw_rows_of_frame
from aisle.ingest.rules import MOMENTS
from aisle.ingest.validate import validate
from aisle.shop import moments
from aisle.shop.columns import EVENT_ID, REVIEW_ID, TABLES
from aisle.shop.errors import FileError, FormatError
from aisle.shop.events import EARLIEST
from aisle.shop.rejects import Reject

_ID_OF: Final = {"events": EVENT_ID, "reviews": REVIEW_ID}
"""The tables whose rows get an id if they have none."""

FRAME: Final = "frame"
"""The source of rejects of a frame."""

Source = Sequence[Path] | pl.DataFrame
"""What is imported: files, one after the other, or a frame as if it were a file."""


def read_source(source: Source, plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Read files or a frame, and check every row once."""
    if isinstance(source, pl.DataFrame):
        return read_frame(source, plan, now=now, rows=rows)
    return read_files(source, plan, now=now, rows=rows)


def read_files(paths: Sequence[Path], plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS) -> Iterator[Batch]:
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
    yield from _Checker(plan, now, _starts(distinct)).batches(_mapped(distinct, plan, rows))


def read_frame(frame: pl.DataFrame, plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Check the rows of a frame as if it were a file; `position` counts rows.

    Raises
    ------
    FormatError
        If the columns are not what the plan says.
    """
    raw = raw_rows_of_frame(frame, FRAME, rows)
    log = log_of(plan)
    mapped = map_columns(raw, plan) if log is None else log.map_batches(raw, FRAME, frame.columns)
    yield from _Checker(plan, now, {}).batches(mapped)


class _Checker:
    """Checks batches, and remembers from one to the next the date format of each column and the ids given."""

    def __init__(self, plan: Plan, now: int | None, starts: dict[str, int]) -> None:
        log = log_of(plan)
        if log is not None and plan.table is not None and plan.table not in log.tables:
            raise FormatError(f"format {log.name} gives {', '.join(log.tables)}; --as {plan.table} is not among them")
        self._plan = plan
        self._now = moments.now() if now is None else now
        self._starts = starts
        self._timezone = plan.timezone or (log.timezone if log else "UTC")
        self._earliest = log.earliest if log else EARLIEST
        self._identities = {table: Identities(plan.format or OWN) for table in _ID_OF}
        self._dates: dict[tuple[str, str, str], DateRule] = {}

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
        frame = _with_rejected(mapped.frame)
        by_format = frame.filter(pl.col(REJECTED).is_not_null()).select(ROW, pl.col(REJECTED).alias("reason"))
        rows = self._identified(table, frame, mapped).filter(pl.col(REJECTED).is_null()).drop(REJECTED)
        checked = validate(table, rows, self._date_rules(mapped, rows), self._now, self._earliest)
        rejected = pl.concat([by_format, checked.reasons]).sort(ROW)
        rejects = [Reject(raw.source, line, table, reason, text) for line, reason, text in bad]
        lines = raw.lines.gather(rejected[ROW]).to_list()
        details = zip(lines, rejected["reason"].to_list(), raw.texts(rejected[ROW]), strict=True)
        rejects += [Reject(raw.source, line, table, reason, text) for line, reason, text in details]
        position = self._starts.get(raw.source, 0) + raw.position
        return Batch(table, checked.accepted, rejects, frame.height + len(bad), position)

    def _identified(self, table: str, frame: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        name = _ID_OF.get(table)
        if name is None or frame.is_empty():
            return frame
        content = mapped.raw.content().gather(frame[ROW])
        ids = self._identities[table].of(content, mapped.raw.source).alias(name)
        if name not in frame.columns:
            return frame.with_columns(ids)
        return frame.with_columns(pl.when(pl.col(name).is_null()).then(ids).otherwise(name).alias(name))

    def _date_rules(self, mapped: Mapped, rows: pl.DataFrame) -> dict[str, DateRule]:
        return {name: self._date_rule(mapped, rows, name) for name in MOMENTS if name in TABLES[mapped.table]}

    def _date_rule(self, mapped: Mapped, rows: pl.DataFrame, name: str) -> DateRule:
        if self._plan.date_format is not None:
            return DateRule(self._plan.date_format, self._timezone)
        if name not in rows.columns or rows[name].null_count() == rows.height:
            return DateRule(ISO, self._timezone)
        column = (mapped.raw.source, mapped.table, name)
        if column not in self._dates:
            self._dates[column] = detect(rows[name], self._timezone, self._now, self._earliest)
        return self._dates[column]


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


def _with_rejected(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if REJECTED in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias(REJECTED))


def _emptied(mapped: Mapped) -> Mapped:
    return Mapped(mapped.table, mapped.frame.clear(), mapped.raw)
