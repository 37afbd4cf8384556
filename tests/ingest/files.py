"""Helpers of these tests: write a file, read it, ingest it."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from aisle.ingest.batch import RawBatch
from aisle.ingest.ingest import read_files
from aisle.ingest.plan import Plan
from aisle.ingest.readers import Layout, read
from aisle.shop.columns import TABLES
from aisle.shop.rejects import Reject

NOW = 1_790_000_000_000_000
"""2026-09-21: the present moment of these tests."""

HEADER = "event,user_id,item_id,timestamp,quantity,price,rating"


@dataclass
class Outcome:
    """The accepted rows of each table, and the rejects."""

    accepted: dict[str, pl.DataFrame]
    rejects: list[Reject]
    read: int

    @property
    def events(self) -> pl.DataFrame:
        return self.accepted["events"]

    @property
    def reasons(self) -> list[str]:
        return [reject.reason for reject in self.rejects]

    @property
    def lines(self) -> list[int | None]:
        return [reject.line for reject in self.rejects]


def ingest(paths: Path | Sequence[Path], plan: Plan | None = None, rows: int = 50_000) -> Outcome:
    """Read and check files, and assert what every batch promises."""
    paths = [paths] if isinstance(paths, Path) else paths
    frames: dict[str, list[pl.DataFrame]] = {table: [] for table in TABLES}
    rejects: list[Reject] = []
    rows_read = position = 0
    for batch in read_files(paths, plan or Plan(), now=NOW, rows=rows):
        assert batch.read == batch.accepted.height + len(batch.rejects)
        assert batch.accepted.columns == list(TABLES[batch.table])
        assert batch.position >= position
        rows_read, position = rows_read + batch.read, batch.position
        frames[batch.table].append(batch.accepted)
        rejects += batch.rejects
    assert position <= sum(path.stat().st_size for path in dict.fromkeys(paths))
    return Outcome({table: pl.concat(some) for table, some in frames.items() if some}, rejects, rows_read)


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write lines, gzipped where the name says so."""
    data = "".join(line + "\n" for line in lines).encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def only(path: Path, layout: Layout | None = None) -> RawBatch:
    """Return the only batch of a file."""
    (batch,) = read(path, layout)
    return batch
