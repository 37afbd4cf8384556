"""What survives when a process that stores events is killed, or its machine loses power."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from aisle.storage import health
from aisle.storage.log import events
from aisle.storage.tables import metadata
from tests import databases
from tests.faults.ingest import rows_of

ROOT: Final = Path(__file__).parents[2]
SHIM: Final = Path(__file__).with_name("power.c")

LONGEST_LIFE: Final = 12
"""How many acknowledgements a life is given, at most, before it is killed."""


@dataclass
class Survival:
    """What was promised in all lives, and what the database holds after them."""

    lives: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicates: int = 0
    damage: list[str] = field(default_factory=list)
    replays: set[str] = field(default_factory=set)
    """What became of events that were sent again after the process had acknowledged them and died."""

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not (self.lost or self.duplicates or self.damage) and self.replays <= {"duplicate"}


def kills(kind: str, url: str, lives: int, sabotage: str = "", seed: int = 1) -> Survival:
    """Kill a process again and again while it stores events, and count what its database lost."""
    ingest = _Ingest.started(kind, url, sabotage, dict(os.environ))
    return _examined(kind, url, *_survive(ingest, lives, seed, lambda: None))


def power_cuts(kind: str, folder: Path, shim: Path, lives: int, sabotage: str = "", seed: int = 1) -> Survival:
    """Cut the power again and again: only what was synced is left for the next life."""
    disk, platter = folder / "disk", folder / "platter"
    disk.mkdir()
    with databases.new_shop(kind, disk) as url:
        shutil.copytree(disk, platter)
        environment = os.environ | {"LD_PRELOAD": str(shim), "AISLE_DISK": str(disk), "AISLE_PLATTER": str(platter)}
        ingest = _Ingest.started(kind, url, sabotage, environment)
        return _examined(kind, url, *_survive(ingest, lives, seed, lambda: _lose_power(disk, platter)))


def build_shim(folder: Path) -> Path:
    """Compile the library that remembers what was synced."""
    library = folder / "power.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SHIM, "-ldl", "-lpthread"], check=True)
    return library


def _lose_power(disk: Path, platter: Path) -> None:
    for file in disk.iterdir():
        file.unlink()
    shutil.copytree(platter, disk, dirs_exist_ok=True)


def _survive(
    ingest: "AbstractContextManager[_Ingest]", lives: int, seed: int, aftermath: Callable[[], None]
) -> tuple[Survival, set[str]]:
    """Let a process live and die several times; return what came of it, and the batches that it acknowledged."""
    result, acknowledged, chance = Survival(lives), set[str](), random.Random(seed)
    last = ""
    with ingest as process:
        for life in range(lives):
            batches = process.live(f"{life} {last}", chance, result)
            aftermath()
            acknowledged.update(batches)
            last = batches[-1] if batches else last
    return result, acknowledged


def _examined(kind: str, url: str, result: Survival, acknowledged: set[str]) -> Survival:
    """Add what the database holds of the acknowledged batches."""
    result.acknowledged = sum(len(rows_of(batch)) for batch in acknowledged)
    with databases.open_database(kind, url) as db:
        stored = [event_id for frame in events.stream(db, ["event_id"]) for event_id in frame["event_id"]]
        with db.read() as connection:
            result.damage = health.damage(connection, list(metadata.tables))
    kept = set(stored)
    result.duplicates = len(stored) - len(kept)
    result.lost = sum(row[0] not in kept for batch in acknowledged for row in rows_of(batch))
    return result


class _Ingest:
    """The process whose lives are ended."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls, kind: str, url: str, sabotage: str, environment: dict[str, str]) -> Iterator[Self]:
        """Start it, and end it."""
        command = [sys.executable, "-m", "tests.faults.ingest", kind, url, *([sabotage] if sabotage else [])]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        ) as process:
            yield cls(process)

    def live(self, order: str, chance: random.Random, result: Survival) -> list[str]:
        """Let it live for a while, kill it, and return the batches that it was told are durable."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        pid = int(self._line().split()[1])
        batches: list[str] = []
        for _ in range(chance.randint(1, LONGEST_LIFE)):
            self._note(self._line(), batches, result)
        time.sleep(chance.random() * 0.005)  # anywhere within a commit
        os.kill(pid, signal.SIGKILL)
        while (line := self._line()) != "over":
            self._note(line, batches, result)
        return batches

    def _note(self, line: str, batches: list[str], result: Survival) -> None:
        if line.startswith("replayed "):
            result.replays.update(line.split()[1:])
        else:
            batches.append(line)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended by itself"
        return line.strip()
