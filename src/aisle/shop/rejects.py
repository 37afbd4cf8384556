"""Rows that could not be used."""

import msgspec

from aisle.shop.events import MAX_TEXT_BYTES


class Reject(msgspec.Struct, frozen=True):
    """A row that was rejected."""

    source: str
    """The file as it was named, or `api`."""
    line: int | None
    """The line on which the row starts, counted from 1; the row's number in Parquet; null where there is none."""
    table: str
    """The table that the row was meant for."""
    reason: str
    """Why it was rejected, for people."""
    raw: str
    """The row, cut at 32 KB: JSON of its cells, or the text of a line that is no row."""


def cut(text: str) -> str:
    """Return the text, or as much of it as fits into 32 KB of UTF-8."""
    encoded = text.encode(errors="replace")
    return encoded[:MAX_TEXT_BYTES].decode(errors="ignore")
