"""Stable ids for rows without one, so that a log can be imported twice and exports may overlap."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import polars as pl

from aisle.ingest.plan import Plan
from aisle.shop.columns import EVENT_ID, REVIEW_ID, TABLES

ID_OF: Final = {"events": EVENT_ID, "reviews": REVIEW_ID}
"""The tables whose rows get an id if they have none."""


class Earlier(NamedTuple):
    """How rows that are stored already may have come by their ids."""

    readings: Sequence[Plan] = ()
    """How earlier imports read their files, as `mapping.read_as` says it."""
    raw_cells: bool = False
    """Whether there are rows of Aisle 0.1, whose ids come from the cells of the file."""


class Identities:
    """Hashes of a row's content and of how often that content came before in the file.

    The same file gives the same ids again, rows that two exports share get the same ids in both, and equal lines of one
    file get different ids. Eight bytes of hash and a count are kept for each row of the file that is being read.

    Parameters
    ----------
    start
        What contents are of: equal ones of different starts have different ids.
    """

    def __init__(self, start: str) -> None:
        self._start = start.encode() + b"\x00"
        self._source: str | None = None
        self._seen: defaultdict[int, int] = defaultdict(int)

    def of(self, content: pl.Series, source: str) -> pl.Series:
        """Return an id of 32 hexadecimal digits for each content, in the order of the file `source`."""
        if source != self._source:
            self._source, self._seen = source, defaultdict(int)
        start, seen, ids = self._start, self._seen, []
        for text in content.to_list():
            digest = blake2b(start + text.encode(), digest_size=16).digest()
            key = int.from_bytes(digest[:8])
            if before := seen[key]:
                digest = blake2b(digest + before.to_bytes(8), digest_size=16).digest()
            seen[key] = before + 1
            ids.append(digest.hex())
        return pl.Series("id", ids, pl.String)


def fields(table: str, rows: pl.DataFrame) -> pl.Series:
    """Return the filled fields of checked rows as texts: different ones for different rows, however they were written.

    A column that a later version adds changes no text of a row that does not fill it.
    """
    given = [name for name in TABLES[table] if name != ID_OF[table] and rows[name].null_count() < rows.height]
    # No value holds a NUL: the checks refuse it.
    cells = [pl.lit(f"{name}=") + pl.col(name).cast(pl.String) for name in given]
    return rows.select(pl.concat_str(cells, separator="\0", ignore_nulls=True).alias("fields"))["fields"]
