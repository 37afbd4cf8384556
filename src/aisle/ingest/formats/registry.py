"""All formats by name, and the recognition of files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aisle.ingest.formats.format import Format
from aisle.ingest.formats.ga4 import GA4
from aisle.ingest.formats.movielens import MOVIELENS
from aisle.ingest.formats.olist import OLIST
from aisle.ingest.formats.online_retail import ONLINE_RETAIL
from aisle.ingest.formats.rees46 import REES46
from aisle.ingest.formats.retailrocket import RETAILROCKET
from aisle.ingest.formats.segment import SEGMENT
from aisle.ingest.readers import columns_of
from aisle.shop.errors import FormatError

FORMATS: Final[dict[str, Format]] = {
    log.name: log for log in (ONLINE_RETAIL, MOVIELENS, RETAILROCKET, REES46, GA4, SEGMENT, OLIST)
}
"""The logs known by name. The name `aisle` stands for our own columns, which `ingest.mapping` maps."""


def format_named(name: str) -> Format:
    """Return a format, or raise `FormatError` if there is none of that name."""
    if name not in FORMATS:
        raise FormatError(f"format {name!r} is unknown; choose one of aisle, {', '.join(FORMATS)}")
    return FORMATS[name]


def recognise_columns(columns: Sequence[str]) -> Format | None:
    """Return the format whose files stand alone and have these columns, or None."""
    return next((log for log in FORMATS.values() if log.join is None and log.sheet_with(columns)), None)


def recognise(paths: Sequence[Path], encoding: str | None = None) -> Format | None:
    """Return the format that all files have, or None."""
    named = {path for path in paths for log in FORMATS.values() if log.sheet_named(path)}
    columns = {path: () if path in named else columns_of(path, encoding) for path in paths}
    for log in FORMATS.values():
        if all(log.sheet_named(path) or log.sheet_with(columns[path]) for path in paths):
            return log
    return None
