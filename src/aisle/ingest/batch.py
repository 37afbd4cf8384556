"""The stages of a batch: raw rows as a file holds them, mapped rows under our column names, checked rows."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import polars as pl

from aisle.ingest.plan import Plan
from aisle.shop.rejects import Reject, cut

BATCH_ROWS: Final = 50_000
"""How many rows are read and checked at a time."""

ROW: Final = "_row"
"""In mapped frames: the position, in the raw batch, of the row that this one comes from (Int64)."""

REJECTED: Final = "_rejected"
"""In mapped frames, optional: why the format rejects this row (String), or null."""

_QUOTED: Final = re.compile(r"'.*'", re.DOTALL)


class BadLine(NamedTuple):
    """A line that could not be split into cells."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, eq=False)
class RawBatch:
    """Rows as a file holds them.

    Attributes
    ----------
    source
        The file as it was named, or `api`.
    frame
        The cells, every column String, null where a cell is empty.
    lines
        The line on which each row starts, Int64, (rows,).
    bad
        Lines that could not be split into cells.
    position
        Bytes of the file that have been read so far.
    """

    source: str
    frame: pl.DataFrame
    lines: pl.Series
    bad: list[BadLine] = field(default_factory=list)
    position: int = 0

    def content(self) -> pl.Series:
        """Return each row's named cells as one text; different rows have different texts."""
        cells = [
            pl.concat_str(pl.lit(name + "="), pl.col(name).str.len_bytes(), pl.lit(":"), pl.col(name))
            for name in self.frame.columns
        ]
        return self.frame.select(pl.concat_str(cells, separator=";", ignore_nulls=True).alias("content"))["content"]

    def texts(self, rows: pl.Series) -> list[str]:
        """Return some rows as JSON of their non-empty cells, each cut at 32 KB."""
        chosen = self.frame.select(pl.all().gather(rows)).iter_rows(named=True)
        filled = ({name: cell for name, cell in row.items() if cell is not None} for row in chosen)
        return [cut(msgspec.json.encode(cells).decode()) for cells in filled]


@dataclass(frozen=True, eq=False)
class Mapped:
    """Rows of one table under our column names, still text, before any check.

    Attributes
    ----------
    frame
        String columns of `shop.columns.TABLES[table]` (those that the log knows), `ROW`, and perhaps `REJECTED`.
    raw
        The rows that they were made from.
    """

    table: str
    frame: pl.DataFrame
    raw: RawBatch


@dataclass(frozen=True, eq=False)
class Batch:
    """Checked rows of one table.

    Attributes
    ----------
    accepted
        Exactly the columns and types of `shop.columns.TABLES[table]`, in that order.
    rejects
        The rows that were rejected.
    read
        How many rows of this table were read: accepted plus rejected.
    position
        Bytes read so far, of all files, for a progress bar.
    aliases
        Ids under which each accepted row may be stored already, beside its own: those of older versions and of earlier
        imports that read the file in another way, and the row's own where the file gives it. One column for each way.
    reading
        How the columns were read, for a later import; None for a known log.
    says_kind
        Whether the kind of the events is more than what is taken for granted where nothing says it.
    """

    table: str
    accepted: pl.DataFrame
    rejects: list[Reject]
    read: int
    position: int
    aliases: pl.DataFrame = field(default_factory=pl.DataFrame)
    reading: Plan | None = None
    says_kind: bool = True


def without_values(reason: str) -> str:
    """Return a reason without the value that it quotes: the same for all rows that are rejected alike."""
    return _QUOTED.sub("…", reason)
