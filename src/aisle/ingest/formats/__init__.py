"""The logs that Aisle knows by name: a small file for each."""

from aisle.ingest.formats.format import Format, Sheet
from aisle.ingest.formats.registry import FORMATS, format_named, recognise, recognise_columns

__all__ = ["FORMATS", "Format", "Sheet", "format_named", "recognise", "recognise_columns"]
