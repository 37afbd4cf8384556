"""Events that are sent again and again, by many clients at once and across a restart."""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

from aisle.storage.log import events
from aisle.storage.log.writer import EventTuple, EventWriter
from tests import databases
from tests.storage import samples

CLIENTS: Final = 8
BATCH: Final = 200


@dataclass
class Replays:
    """What the clients sent, what they were told, and what the database holds."""

    sent: int
    stored: int
    duplicate: int
    kept: int
    distinct: int

    @property
    def duplicates(self) -> int:
        """How many events are in the database twice."""
        return self.kept - self.distinct


def replay(kind: str, url: str, count: int, times: int, *, sabotaged: bool = False, seed: int = 1) -> Replays:
    """Send events several times in random order, half of it before a restart and half after it.

    Parameters
    ----------
    sabotaged
        Whether every delivery gets a key of its own, as if nothing held equal ids together.
    """
    deliveries = [samples.event(number) for number in range(count)] * times
    random.Random(seed).shuffle(deliveries)
    batches = [deliveries[start : start + BATCH] for start in range(0, len(deliveries), BATCH)]
    outcomes: Counter[str] = Counter()
    with ExitStack() as stack:
        if sabotaged:
            stack.enter_context(patch("aisle.storage.rows.digest", lambda _: os.urandom(16)))
        for part in (batches[: len(batches) // 2], batches[len(batches) // 2 :]):
            outcomes += _send(kind, url, part)
    with databases.open_database(kind, url) as db:
        ids = [event_id for frame in events.stream(db, ["event_id"]) for event_id in frame["event_id"]]
    return Replays(len(deliveries), outcomes["stored"], outcomes["duplicate"], len(ids), len(set(ids)))


def _send(kind: str, url: str, batches: list[list[EventTuple]]) -> Counter[str]:
    """Send batches through two writers that know nothing of each other, as two processes would."""
    with ExitStack() as stack:
        dbs = [stack.enter_context(databases.open_database(kind, url)) for _ in range(2)]
        writers = [stack.enter_context(EventWriter(db)) for db in dbs]
        pool = stack.enter_context(ThreadPoolExecutor(CLIENTS))
        futures = [pool.submit(writers[place % 2].write, batch) for place, batch in enumerate(batches)]
        return Counter(outcome.status for future in futures for outcome in future.result())
