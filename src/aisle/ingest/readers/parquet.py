"""Parquet files, and frames that are already in memory."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from aisle.ingest.batch import BATCH_ROWS, RawBatch
from aisle.shop.errors import FileError, FormatError


def read_parquet(path: Path, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read a Parquet file; rows are numbered from 1."""
    try:
        lazy = pl.scan_parquet(path)
        file_size, columns = path.stat().st_size, lazy.collect_schema().len()
        rows = int(lazy.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileError(f"{path} is not a Parquet file that can be read: {_first_line(error)}") from None
    for start in range(0, rows if columns else 0, size):
        try:
            piece = lazy.slice(start, size).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise FileError(f"{path} is damaged after row {start}: {_first_line(error)}") from None
        yield raw_batch(piece, str(path), start, file_size * (start + piece.height) // rows)


def read_frame(frame: pl.DataFrame, source: str, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read a frame as if it were a file; rows are numbered from 1, and positions count rows."""
    for start in range(0, frame.height, size):
        piece = frame.slice(start, size)
        yield raw_batch(piece, source, start, start + piece.height)


def raw_batch(piece: pl.DataFrame, source: str, start: int, position: int) -> RawBatch:
    """Return typed rows as a raw batch of text: whole floats without `.0`, dates as ISO, nested values as JSON."""
    try:
        text = piece.select(_as_text(name, dtype) for name, dtype in piece.schema.items())
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"{source}: a column cannot be read as text: {_first_line(error)}") from None
    lines = pl.int_range(start + 1, start + piece.height + 1, dtype=pl.Int64, eager=True).alias("line")
    return RawBatch(source, text, lines, [], position)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        exact = (column == column.round(0)) & (column.abs() < 2**53)
        return (
            pl.when(exact).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
    if dtype.is_nested():
        text = pl.struct(column.alias("x")).struct.json_encode().str.strip_prefix('{"x":').str.head(-1)
        return pl.when(column.is_not_null()).then(text).alias(name)
    text = column.cast(pl.String, strict=False)
    return pl.when(text != "").then(text).alias(name)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
