"""A process to be killed: `python -m tests.faults.ingest KIND URL [SABOTAGE]` lives once for each line on its input.

Each life is a fork, which says its process id and then, a line each, the batches that it was told are durable. It
begins with the last batch that an earlier life was told of, as a client does who does not know that its events arrived.
"""

import itertools
import os
import sys
import threading
from typing import Any, Final

from sqlalchemy import event as sqlalchemy_event

from aisle.shop.errors import TryAgain
from aisle.storage.connection import Database
from aisle.storage.log.writer import STORED, EventTuple, EventWriter, Outcome
from tests import databases
from tests.storage import samples

CALLERS: Final = 3
"""Threads that write at the same time."""

MOST: Final = 40
"""Events in the largest batch."""


class AcknowledgesEarly(EventWriter):
    """Sabotage: says that events are durable as soon as they are in the queue."""

    def write(self, rows: "list[EventTuple]") -> list[Outcome]:  # type: ignore[override]
        """Enqueue, and do not wait."""
        self.submit(rows)
        return [STORED] * len(rows)


def rows_of(batch: str) -> list[EventTuple]:
    """Return the events of a batch, which its name describes: life, caller, number and size."""
    life, caller, number, size = batch.split("-")
    return [
        samples.event(int(number), event_id=f"{life}-{caller}-{number}-{place}", user_id=f"u{place % 7}")
        for place in range(int(size))
    ]


def main(kind: str, url: str, sabotage: str = "") -> None:
    """Live whenever the parent says so: `LIFE LAST`, this life's number and the last batch known to be durable."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            life, _, last = line.strip().partition(" ")
            _live(kind, url, sabotage, life, last)
        os.waitpid(child, 0)
        _say("over")


def _live(kind: str, url: str, sabotage: str, life: str, last: str) -> None:
    _say(f"pid {os.getpid()}")
    db = databases.open_database(kind, url)
    if sabotage == "relaxed":
        _relax(db)
    writer = AcknowledgesEarly(db) if sabotage == "early" else EventWriter(db)
    if last and not sabotage:
        replayed = {outcome.status for outcome in writer.write(rows_of(last))}
        _say(f"replayed {' '.join(sorted(replayed))}")
    for caller in range(CALLERS):
        threading.Thread(target=_call, args=(writer, life, caller), daemon=True).start()
    threading.Event().wait()


def _relax(db: Database) -> None:
    """Sabotage: let SQLite sync less often than a commit that survives a power cut needs."""

    @sqlalchemy_event.listens_for(db.engine, "connect")
    def relax(connection: Any, _record: object) -> None:
        full = connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        connection.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")


def _call(writer: EventWriter, life: str, caller: int) -> None:
    for number in itertools.count():
        batch = f"{life}-{caller}-{number}-{1 + (7 * number + caller) % MOST}"
        try:
            writer.write(rows_of(batch))
        except TryAgain:
            continue
        _say(batch)


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write, so that a kill cuts no line in two


if __name__ == "__main__":
    main(*sys.argv[1:])
