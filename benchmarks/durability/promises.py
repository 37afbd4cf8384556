"""A promise of the store as a row: what was measured, and what a broken store does in the same test."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.shared.rows import Row
from tests import databases

NAMES: Final = {
    "sqlite": "SQLite",
    "sqlite-delete": "SQLite, DELETE",
    "mysql": "MariaDB/MySQL",
    "postgresql": "PostgreSQL",
}

DATABASES: Final = ("sqlite", "mysql", "postgresql")
"""The databases on which most promises are tested."""


class Promise(NamedTuple):
    """A promise on one database."""

    promise: str
    kind: str
    result: str
    kept: bool
    control: str
    """What happened in the same test of a broken store, or for comparison."""

    def row(self) -> Row:
        """Return the row of the table."""
        return {
            "promise": self.promise,
            "database": NAMES.get(self.kind, self.kind),
            "result": self.result,
            "kept": "yes" if self.kept else "",
            "beside it": self.control,
        }


def reachable(*kinds: str) -> Iterator[str]:
    """Yield the databases that answer, and say why others are skipped."""
    for kind in kinds:
        problem = databases.unreachable(kind) if kind in databases.SERVERS else None
        if problem is None:
            yield kind
        else:
            print(problem)


def skip(part: str, reason: str) -> None:
    """Say that a part is skipped."""
    print(f"{part} is skipped: {reason}")


@contextmanager
def new_shop(kind: str) -> Iterator[str]:
    """Lend the URL of a new shop's database, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, databases.new_shop(kind, Path(folder)) as url:
        yield url
