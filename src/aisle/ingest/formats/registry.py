"""All the formats by name, and which of them some files are."""

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
    one.name: one for one in (ONLINE_RETAIL, MOVIELENS, RETAILROCKET, REES46, GA4, SEGMENT, OLIST)
}
"""The logs known by name. Besides, `aisle` names our own columns (`ingest.mapping`)."""


def format_named(name: str) -> Format:
    """Return a format, or raise `FormatError` if there is none of that name."""
    if name not in FORMATS:
        raise FormatError(f"format {name!r} is unknown; choose one of aisle, {', '.join(FORMATS)}")
    return FORMATS[name]


def recognise(paths: Sequence[Path]) -> Format | None:
    """Return the format of which all the files are, or None."""
    named = {path for path in paths for one in FORMATS.values() if one.sheet_named(path)}
    columns = {path: () if path in named else columns_of(path) for path in paths}
    for one in FORMATS.values():
        if all(one.sheet_named(path) or one.sheet_with(columns[path]) for path in paths):
            return one
    return None
