"""Delimited text: CSV and its relatives."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import polars as pl

from aisle.ingest.batch import BATCH_ROWS, BadLine, RawBatch
from aisle.ingest.readers.lines import MAX_LINE, Lines
from aisle.shop.errors import FileError
from aisle.shop.rejects import cut

DELIMITERS: Final = (",", ";", "\t", "|")
"""The delimiters that are recognised in a header."""

EMPTY: Final = ("", "NULL", "null", "\\N")
"""How exports write an empty cell."""

_MAX_RECORD_LINES: Final = 1_000
"""A row over more lines than this has lost its closing quote."""

BLOCK_LINES: Final = 1_000
"""How many lines are split together, if each is a row."""

MAX_COLUMNS: Final = 10_000
"""A header of more columns is no table of a shop."""

_STAND_IN: Final = "\x1f"
"""Replaces a delimiter of several letters, at which the csv module cannot split."""


@dataclass(frozen=True)
class Layout:
    """How a text file without a header is written."""

    columns: tuple[str, ...]
    delimiter: str
    encoding: str = "utf-8"


def read_text(
    path: Path,
    rows: int = BATCH_ROWS,
    layout: Layout | None = None,
    *,
    encoding: str = "utf-8",
    header: bool = True,
) -> Iterator[RawBatch]:
    """Read delimited text, with a header unless a layout is given; without either, columns have numbers for names.

    A line that is not of the encoding, has too few or too many cells or misuses quotes is rejected, and only that line:
    a quote that is never closed does not swallow the rest of the file.
    """
    csv.field_size_limit(MAX_LINE)
    with Lines(path, layout.encoding if layout else encoding) as lines:
        if layout:
            records = _Records(lines, layout.delimiter, len(layout.columns), quoted=False)
            yield from _batches(str(path), records, layout.columns, rows)
        else:
            delimiter, columns = _header(path, lines) if header else _numbered(path, lines)
            records = _Records(lines, delimiter, len(columns), quoted=True)
            yield from _batches(str(path), records, columns, rows)


class _Records:
    """The rows of a file as lists of cells, and the lines that are no rows."""

    def __init__(self, lines: Lines, delimiter: str, width: int, *, quoted: bool) -> None:
        self.lines = lines
        self.bad: list[BadLine] = []
        self._width = width
        self._delimiter = delimiter
        self._quoting: Any = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = self.lines
        reader = self._reader()
        while True:
            start = lines.start_record()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                reader = self._reject(start, f"is not a row: {error}")
                continue
            if cells is None:
                return
            if cells and lines.damaged(start, lines.number):
                reader = self._reject(start, _undecoded(lines))
            elif len(cells) == self._width:
                yield start, cells
            elif cells:
                reader = self._reject(start, f"has {len(cells)} cells, but the header has {self._width}")

    def block(self, most: int) -> tuple[int, list[list[str]]]:
        """Split the next lines together if each of them is a row; otherwise take none of them.

        Returns
        -------
        start
            The number of the first line.
        rows
            The cells of each line.
        """
        start = self.lines.start_record()
        lines = self.lines.block(min(most, BLOCK_LINES))
        try:
            rows = list(self._split(lines))
        except csv.Error:
            rows = []
        whole = len(rows) == len(lines) and all(len(cells) == self._width for cells in rows)
        if whole and not self.lines.damaged(start, self.lines.number):
            return start, rows
        self.lines.put_back(len(lines))
        return start, []

    def _reader(self) -> Iterator[list[str]]:
        return self._split(self._limited())

    def _split(self, text: Iterable[str]) -> Iterator[list[str]]:
        if len(self._delimiter) > 1:
            replaced = (line.replace(self._delimiter, _STAND_IN) for line in text)
            return csv.reader(replaced, delimiter=_STAND_IN, quoting=self._quoting)
        return csv.reader(text, delimiter=self._delimiter, quoting=self._quoting, strict=True)

    def _limited(self) -> Iterator[str]:
        taken = self.lines.taken
        for line in self.lines:
            if len(taken) > _MAX_RECORD_LINES:
                raise csv.Error(f"a quote is not closed within {_MAX_RECORD_LINES} lines")
            yield line

    def _reject(self, start: int, reason: str) -> Iterator[list[str]]:
        """Reject a line, and return a reader that continues after it."""
        taken = self.lines.taken
        reason = _undecoded(self.lines) if self.lines.damaged(start, start) else reason
        self.bad.append(BadLine(start, reason, cut(taken[0].rstrip("\r\n"))))
        self.lines.put_back(len(taken) - 1)
        return self._reader()


def _batches(source: str, records: _Records, columns: tuple[str, ...], size: int) -> Iterator[RawBatch]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    singly = iter(records)
    while True:
        start, block = records.block(size - len(rows))
        rows += block
        numbers += range(start, start + len(block))
        if not block:
            number, cells = next(singly, (0, None))
            if cells is None:
                break
            rows.append(cells)
            numbers.append(number)
        if len(rows) >= size:
            yield _batch(source, records, columns, rows, numbers)
            rows, numbers = [], []
    if rows or records.bad:
        yield _batch(source, records, columns, rows, numbers)


def _batch(
    source: str, records: _Records, columns: tuple[str, ...], rows: list[list[str]], numbers: list[int]
) -> RawBatch:
    cells = zip_longest(columns, zip(*rows, strict=True), fillvalue=())
    text = pl.DataFrame([pl.Series(name, values, pl.String) for name, values in cells])
    frame = text.select(pl.when(~pl.all().is_in(EMPTY)).then(pl.all()))
    bad, records.bad = records.bad, []
    return RawBatch(source, frame, pl.Series("line", numbers, pl.Int64), bad, records.lines.position)


def check_width(path: Path, width: int) -> None:
    """Refuse a file of too many columns.

    Raises
    ------
    FileError
        If there are more than `MAX_COLUMNS`.
    """
    if width > MAX_COLUMNS:
        raise FileError(f"{path} has {width:,} columns, more than {MAX_COLUMNS:,}; export one row for each event")


def _header(path: Path, lines: Lines) -> tuple[str, tuple[str, ...]]:
    delimiter, cells = _first_cells(path, lines)
    names = tuple(name.strip() or f"column_{place}" for place, name in enumerate(cells, 1))
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise FileError(f"{path} has two columns named {twice!r}; rename one")
    return delimiter, names


def _numbered(path: Path, lines: Lines) -> tuple[str, tuple[str, ...]]:
    """Return names for the columns of a file whose first line is a row, which is left to be read."""
    delimiter, cells = _first_cells(path, lines)
    lines.put_back(1)
    return delimiter, tuple(f"column_{place}" for place in range(1, len(cells) + 1))


def _first_cells(path: Path, lines: Lines) -> tuple[str, list[str]]:
    """Return the delimiter that splits the first line into most cells, and these."""
    line = next((line for line in lines if line.strip()), None)
    if line is None:
        raise FileError(f"{path} is empty; export it again")
    if lines.damaged(1, lines.number) or "\x00" in line:
        raise FileError(
            f"{path} is not {_spelt(lines)} text; save it as UTF-8 (iconv -t UTF-8, or Excel's CSV UTF-8), "
            "or name its --encoding, such as cp1252"
        )
    if "\r" in line.rstrip("\r\n"):
        raise FileError(f"{path} ends its lines with CR alone; save it with LF or CR LF (tr '\\r' '\\n')")
    splits = {delimiter: _split(line, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda candidate: len(splits[candidate]))
    check_width(path, len(splits[delimiter]))
    return delimiter, splits[delimiter]


def _spelt(lines: Lines) -> str:
    return lines.encoding.upper()


def _undecoded(lines: Lines) -> str:
    return f"is not {_spelt(lines)}; save the file as UTF-8, or name its --encoding"


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
