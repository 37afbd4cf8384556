"""Excel workbooks: the first sheet, with a header in its first row."""

from collections.abc import Iterator
from pathlib import Path

import fastexcel
import polars as pl

from aisle.ingest.batch import BATCH_ROWS, RawBatch
from aisle.shop.errors import FileError


def read_excel(path: Path, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read the first sheet of a workbook; rows have the numbers that Excel shows, and empty ones are skipped."""
    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=0, dtypes="string").to_polars()
    except (fastexcel.FastExcelError, OSError) as error:
        why = str(error).partition("\n")[0]
        raise FileError(f"{path} is not an Excel workbook that can be read; save it as .xlsx again: {why}") from None
    if sheet.width == 0:
        raise FileError(f"{path} has nothing in its first sheet; put the rows there")
    text = sheet.select(pl.when(pl.all() != "").then(pl.all())).with_row_index("_line", offset=2)
    filled = text.filter(pl.any_horizontal(pl.exclude("_line").is_not_null()))
    file_size = path.stat().st_size
    for start in range(0, filled.height, size):
        piece = filled.slice(start, size)
        position = file_size * (start + piece.height) // filled.height
        yield RawBatch(str(path), piece.drop("_line"), piece["_line"].cast(pl.Int64), [], position)
