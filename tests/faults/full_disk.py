"""A disk that is full: a small one of memory, filled with events."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aisle.shop.errors import StorageError
from aisle.storage import health
from aisle.storage.log import events
from aisle.storage.log.writer import STORED, EventTuple, EventWriter, Outcome
from tests import databases
from tests.storage import samples

DISK_MIB: Final = 6
BALLAST_BYTES: Final = 1024 * 1024
BATCH: Final = 100
MOST_BATCHES: Final = 400
"""Several times what the disk holds."""


class AcknowledgesAnyway(EventWriter):
    """Sabotage: says that events are durable whatever the database said."""

    def write(self, rows: Sequence[EventTuple]) -> list[Outcome]:
        """Write, and look the other way."""
        try:
            return super().write(rows)
        except StorageError:
            return [STORED] * len(rows)


@dataclass
class Filled:
    """What happened on the full disk, and after some of it was freed."""

    acknowledged: int = 0
    error: str = ""
    read: int = 0
    """Events that could be read while the disk was full."""
    recovered: bool = False
    """Whether the same writer stored events once there was room."""
    lost: int = 0
    damage: list[str] = field(default_factory=list)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a small disk of memory.

    Raises
    ------
    OSError
        If this process may not mount one.
    """
    mounted = folder / "disk"
    mounted.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", mounted], check=True, capture_output=True
        )
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise OSError(f"a small disk cannot be mounted: {getattr(error, 'stderr', error)!r}") from error
    try:
        yield mounted
    finally:
        subprocess.run(["umount", mounted], check=True)


def fill(kind: str, disk: Path, *, sabotaged: bool = False) -> Filled:
    """Store events until the disk is full, read, make room, store more, and look for all that was acknowledged."""
    filled = Filled()
    ballast = disk / "ballast"
    with databases.new_shop(kind, disk) as url, databases.open_database(kind, url) as db:
        ballast.write_bytes(b"\0" * BALLAST_BYTES)
        with AcknowledgesAnyway(db) if sabotaged else EventWriter(db) as writer:
            acknowledged = _until_full(writer, filled)
            filled.read = events.count(db)
            ballast.unlink()
            more = [event_of(MOST_BATCHES, place) for place in range(BATCH)]
            filled.recovered = {outcome.status for outcome in writer.write(more)} == {"stored"}
        kept = {event_id for frame in events.stream(db, ["event_id"]) for event_id in frame["event_id"]}
        with db.read() as connection:
            filled.damage = health.damage(connection, ["events"])
    filled.acknowledged, filled.lost = len(acknowledged), len(acknowledged - kept)
    return filled


def _until_full(writer: EventWriter, filled: Filled) -> set[str]:
    """Store batches until one is refused, and return the ids that were acknowledged."""
    acknowledged: set[str] = set()
    for batch in range(MOST_BATCHES):
        rows = [event_of(batch, place) for place in range(BATCH)]
        try:
            writer.write(rows)
        except StorageError as error:
            filled.error = str(error)
            break
        acknowledged.update(row[0] for row in rows)
    return acknowledged


def event_of(batch: int, place: int) -> EventTuple:
    """Return an event of some size."""
    return samples.event(place, event_id=f"{batch}-{place}", properties='{"note":"' + "x" * 200 + '"}')
