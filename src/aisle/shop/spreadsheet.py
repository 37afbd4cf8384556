"""Tables for spreadsheets: CSV in which no cell is a formula."""

import csv
import io
from typing import Final

import polars as pl

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def to_csv(frame: pl.DataFrame) -> str:
    """Return a frame as CSV; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows([[_safe(value) for value in row] for row in frame.iter_rows()])
    return text.getvalue()


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
