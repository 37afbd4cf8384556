"""Files in, checked batches out: the whole way through the door, top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from aisle.ingest.batch import ASIDE, BATCH_ROWS, ROW, BadLine, Batch, Mapped, Reject
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

_ID_OF: Final = {"events": EVENT_ID, "reviews": REVIEW_ID}
"""The tables whose rows get an id where they have none."""


def read_files(paths: Sequence[Path], plan: Plan, *, now: int | None = None, rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Read files and check every row once.

    Parameters
    ----------
    paths
        Read one after the other; a file named twice is read once.
    plan
        What their rows are.
    now
        The present moment, if not the clock's; timestamps may be a day ahead of it.
    rows
        About how many rows a batch has.

    Returns
    -------
    Batches, whose `position` goes up to the summed size of the files. What a format tells of
    items comes when their file has been read.

    Raises
    ------
    FileError
        If a file is missing, empty, damaged or of an unknown kind.
    FormatError
        If the columns are not what the plan says. Nothing else stops the reading: a bad row is a reject.
    """
    if not paths:
        raise FileError("no file is given; name at least one")
    once = list(dict.fromkeys(paths))
    yield from _Door(plan, now, _starts(once)).batches(_mapped(once, plan, rows))


def read_frame(frame: pl.DataFrame, plan: Plan, *, now: int | None = None) -> Iterator[Batch]:
    """Check the rows of a frame as if it were a file; `position` counts rows.

    Raises
    ------
    FormatError
        If the columns are not what the plan says.
    """
    raw = raw_rows_of_frame(frame, "frame")
    log = _log_of(plan)
    if log is None:
        mapped = map_columns(raw, plan.table or "events", plan.columns)
    else:
        mapped = log.map_batches(raw, "frame", frame.columns)
    yield from _Door(plan, now, {}).batches(mapped)


class _Door:
    """What is remembered from one batch to the next: the date format of each column, and the ids given."""

    def __init__(self, plan: Plan, now: int | None, starts: dict[str, int]) -> None:
        log = _log_of(plan)
        if log is not None and plan.table is not None and plan.table not in log.tables:
            raise FormatError(f"format {log.name} gives {', '.join(log.tables)}, not {plan.table}; leave --as out")
        self._plan = plan
        self._now = moments.now() if now is None else now
        self._starts = starts
        self._timezone = plan.timezone or (log.timezone if log else "UTC")
        self._earliest = log.earliest if log else EARLIEST
        self._identities = {table: Identities(plan.format or OWN) for table in _ID_OF}
        self._dates: dict[tuple[str, str, str], DateRule] = {}

    def batches(self, mapped: Iterable[Mapped]) -> Iterator[Batch]:
        """Check mapped rows, batch by batch; lines that are no rows count for the first table that they come with."""
        last = None
        for one in mapped:
            bad = [] if one.raw is last else one.raw.bad
            last = one.raw
            wanted = self._plan.table in (None, one.table)
            yield self._batch(one if wanted else _none_of(one), bad)

    def _batch(self, mapped: Mapped, bad: list[BadLine]) -> Batch:
        raw, table = mapped.raw, mapped.table
        frame = _with_aside(mapped.frame)
        aside = frame.filter(pl.col(ASIDE).is_not_null()).select(ROW, pl.col(ASIDE).alias("reason"))
        rows = self._identified(table, frame, mapped).filter(pl.col(ASIDE).is_null()).drop(ASIDE)
        checked = validate(table, rows, self._rules(mapped, rows), self._now, self._earliest)
        refused = pl.concat([aside, checked.reasons]).sort(ROW)
        rejects = [Reject(raw.source, line, table, reason, text) for line, reason, text in bad]
        lines = raw.lines.gather(refused[ROW]).to_list()
        told = zip(lines, refused["reason"].to_list(), raw.texts(refused[ROW]), strict=True)
        rejects += [Reject(raw.source, line, table, reason, text) for line, reason, text in told]
        position = self._starts.get(raw.source, 0) + raw.position
        return Batch(table, checked.accepted, rejects, frame.height + len(bad), position)

    def _identified(self, table: str, frame: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        name = _ID_OF.get(table)
        if name is None or frame.is_empty():
            return frame
        content = mapped.raw.content().gather(frame[ROW])
        made = self._identities[table].of(content, mapped.raw.source).alias(name)
        if name not in frame.columns:
            return frame.with_columns(made)
        return frame.with_columns(pl.when(pl.col(name).is_null()).then(made).otherwise(name).alias(name))

    def _rules(self, mapped: Mapped, rows: pl.DataFrame) -> dict[str, DateRule]:
        return {name: self._rule(mapped, rows, name) for name in MOMENTS if name in TABLES[mapped.table]}

    def _rule(self, mapped: Mapped, rows: pl.DataFrame, name: str) -> DateRule:
        if self._plan.date_format is not None:
            return DateRule(self._plan.date_format, self._timezone)
        if name not in rows.columns or rows[name].null_count() == rows.height:
            return DateRule(ISO, self._timezone)
        column = (mapped.raw.source, mapped.table, name)
        if column not in self._dates:
            self._dates[column] = detect(rows[name], self._timezone, self._now, self._earliest)
        return self._dates[column]


def _mapped(paths: Sequence[Path], plan: Plan, rows: int) -> Iterator[Mapped]:
    log = _log_of(plan)
    if log is not None:
        yield from log.map(paths, rows)
        return
    for path in paths:
        yield from map_columns(read(path, rows=rows), plan.table or "events", plan.columns)


def _log_of(plan: Plan) -> Format | None:
    """Return the known log that a plan names, or None for our own columns."""
    return None if plan.format is None or plan.format == OWN else format_named(plan.format)


def _starts(paths: Sequence[Path]) -> dict[str, int]:
    """Return where each file starts if all are laid end to end."""
    starts, end = {}, 0
    for path in paths:
        starts[str(path)] = end
        end += path.stat().st_size if path.is_file() else 0
    return starts


def _with_aside(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if ASIDE in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias(ASIDE))


def _none_of(mapped: Mapped) -> Mapped:
    return Mapped(mapped.table, mapped.frame.clear(), mapped.raw)
