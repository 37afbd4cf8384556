"""Helpers of the door's tests: write a file, take it through the door."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from aisle.ingest import Plan, Reject, read_files
from aisle.shop.columns import TABLES

NOW = 1_790_000_000_000_000
"""2026-09-21: the present moment of these tests."""

HEADER = "event,user_id,item_id,timestamp,quantity,price,rating"


@dataclass
class Outcome:
    """What came through the door, table by table."""

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


def through(paths: Path | Sequence[Path], plan: Plan | None = None, rows: int = 50_000) -> Outcome:
    """Take files through the door, and check what every batch promises."""
    paths = [paths] if isinstance(paths, Path) else paths
    frames: dict[str, list[pl.DataFrame]] = {table: [] for table in TABLES}
    rejects: list[Reject] = []
    read = position = 0
    for batch in read_files(paths, plan or Plan(), now=NOW, rows=rows):
        assert batch.read == batch.accepted.height + len(batch.rejects)
        assert batch.accepted.columns == list(TABLES[batch.table])
        assert batch.position >= position
        read, position = read + batch.read, batch.position
        frames[batch.table].append(batch.accepted)
        rejects += batch.rejects
    assert position <= sum(path.stat().st_size for path in dict.fromkeys(paths))
    return Outcome({table: pl.concat(some) for table, some in frames.items() if some}, rejects, read)


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write lines, gzipped where the name says so."""
    data = "".join(line + "\n" for line in lines).encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
