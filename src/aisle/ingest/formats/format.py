"""What a format is: the files of a log, and how their rows become rows of our tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from aisle.ingest.batch import BATCH_ROWS, ROW, Mapped, RawBatch
from aisle.ingest.readers import Layout, columns_of, read
from aisle.shop.errors import FormatError
from aisle.shop.events import EARLIEST

Mapper = Callable[[Iterator[RawBatch]], Iterator[Mapped]]
"""Maps the rows of one file. Each raw batch gives at least one mapped batch, be it empty."""

Rows = Mapping[Path, "Sheet"]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One kind of file in a log.

    Attributes
    ----------
    header
        Column names by which the file is recognised.
    map
        Maps its rows.
    layout, files
        For text without a header: how it is written, and the file names (`*` and `?` allowed).
    """

    header: frozenset[str] = frozenset()
    map: Mapper
    layout: Layout | None = None
    files: tuple[str, ...] = ()

    def read(self, path: Path, rows: int = BATCH_ROWS, encoding: str | None = None) -> Iterator[RawBatch]:
        """Read a file of this kind, about so many rows at a time."""
        return self.complete(read(path, self.layout, rows, encoding=encoding))

    def complete(self, batches: Iterator[RawBatch]) -> Iterator[RawBatch]:
        """Add the columns of the header that a batch lacks: a run of JSON lines may do without some."""
        for raw in batches:
            missing = sorted(self.header - set(raw.frame.columns))
            frame = raw.frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
            yield replace(raw, frame=frame) if missing and raw.frame.width else raw


@dataclass(frozen=True, kw_only=True)
class Format:
    """A log that Aisle knows by name.

    Attributes
    ----------
    name
        As `--format` takes it.
    tables
        The tables that it fills.
    sheets
        The kinds of its files.
    timezone
        Of times without an offset.
    earliest
        The first moment that its timestamps may have.
    join
        For logs whose files refer to each other: maps all files together instead of one by one.
    """

    name: str
    about: str
    tables: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    timezone: str = "UTC"
    earliest: int = EARLIEST
    join: Callable[[Rows], Iterator[Mapped]] | None = None

    def sheet_named(self, path: Path) -> Sheet | None:
        """Return the kind of file without a header that has this name, or None."""
        return next((sheet for sheet in self.sheets if any(fnmatch(path.name, name) for name in sheet.files)), None)

    def sheet_with(self, columns: Iterable[str]) -> Sheet | None:
        """Return the kind of file that has these columns, or None."""
        present = frozenset(columns)
        return next((sheet for sheet in self.sheets if sheet.header and sheet.header <= present), None)

    def map(self, paths: Sequence[Path], rows: int = BATCH_ROWS, encoding: str | None = None) -> Iterator[Mapped]:
        """Read files, about so many rows at a time, and map them.

        Raises
        ------
        FormatError
            If a file is not of this format, or files that are mapped together have an encoding of their own.
        """
        sheets = {path: self.sheet_named(path) or self._check(path, columns_of(path, encoding)) for path in paths}
        if self.join is not None:
            if encoding is not None:
                raise FormatError(f"format {self.name} is UTF-8; drop --encoding {encoding}")
            yield from self.join(sheets)
            return
        for path, sheet in sheets.items():
            yield from sheet.map(sheet.read(path, rows, encoding))

    def map_batches(self, batches: Iterator[RawBatch], source: str, columns: Sequence[str]) -> Iterator[Mapped]:
        """Map rows that are in memory.

        Raises
        ------
        FormatError
            If the columns are not those of this format, or its files are mapped together.
        """
        if self.join is not None:
            raise FormatError(f"format {self.name} reads several files together; name the files")
        sheet = self._check(source, columns)
        return sheet.map(sheet.complete(batches))

    def _check(self, source: Path | str, columns: Sequence[str]) -> Sheet:
        sheet = self.sheet_with(columns)
        if sheet is None:
            expected = " or ".join(", ".join(kind.files or sorted(kind.header)) for kind in self.sheets)
            raise FormatError(
                f"{source} is no file of format {self.name}, which has {expected}; name another --format, or none"
            )
        return sheet


def one_table(table: str, transform: Callable[[pl.DataFrame], pl.DataFrame]) -> Mapper:
    """Return a mapper for files whose rows are rows of one table; `transform` gets the raw frame with `ROW`."""

    def mapper(batches: Iterator[RawBatch]) -> Iterator[Mapped]:
        for raw in batches:
            yield Mapped(table, transform(numbered(raw.frame)), raw)

    return mapper


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a raw frame with `ROW`."""
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))


def renamed(names: Mapping[str, str], **constants: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a transform that renames the columns that a file has, drops the others and adds constant ones."""

    def transform(frame: pl.DataFrame) -> pl.DataFrame:
        taken = [pl.col(theirs).alias(ours) for theirs, ours in names.items() if theirs in frame.columns]
        return frame.select(ROW, *taken, *(pl.lit(value).alias(name) for name, value in constants.items()))

    return transform


def as_object(*names: str) -> pl.Expr:
    """Return columns as the text of one JSON object."""
    return pl.struct(*names).struct.json_encode()
