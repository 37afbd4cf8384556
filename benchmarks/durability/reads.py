"""The memory of a process that reads a log from a database, in batches or all at once.

    python -m benchmarks.durability.reads URL [--until MOMENT] [--at-once]

`benchmarks.durability` runs it as a process of its own on logs of two sizes. Reading in batches takes as much for both.
"""

import argparse
import json
import resource
import subprocess
import sys
from typing import Final, NamedTuple

from sqlalchemy import select

from aisle.shop.columns import EVENTS
from aisle.storage.connection import Database, connect
from aisle.storage.log import events
from aisle.storage.tables import events as table
from tests.storage import samples

_BATCH: Final = 50_000


class Read(NamedTuple):
    """How many rows a process read, and its peak memory."""

    rows: int
    peak_mb: float


def main() -> None:
    """Read, and print the rows and the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durability.reads", description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the database")
    parser.add_argument("--until", type=int, help="only events before this moment")
    parser.add_argument("--at-once", action="store_true", help="keep all rows in memory, as a plain query does")
    arguments = parser.parse_args()
    with connect(arguments.url) as db:
        rows = _at_once(db) if arguments.at_once else _streamed(db, arguments.until)
    print(json.dumps([rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measure(url: str, until: int | None = None, *, at_once: bool = False) -> Read:
    """Read a log in a process of its own."""
    options = ["--at-once"] if at_once else [] if until is None else ["--until", str(until)]
    command = [sys.executable, "-m", "benchmarks.durability.reads", url, *options]
    return Read(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def fill(db: Database, count: int) -> None:
    """Store so many events; the first n are before `samples.START + n`."""
    for first in range(0, count, _BATCH):
        rows = range(first, min(first + _BATCH, count))
        events.store(db, [samples.event(number, user_id=f"u{number % 99_991}", price=12_500_000) for number in rows])


def _streamed(db: Database, until: int | None) -> int:
    return sum(frame.height for frame in events.stream(db, tuple(EVENTS), until=until))


def _at_once(db: Database) -> int:
    with db.read() as connection:
        return len(connection.execute(select(table)).all())


if __name__ == "__main__":
    main()
