"""How much memory it takes to read a log, and to train on a large shop."""

from collections.abc import Iterator
from typing import Final

from benchmarks import memory
from benchmarks.durability import reads
from benchmarks.durability.promises import DATABASES, Promise, new_shop, reachable
from tests import databases
from tests.storage import samples

READ_EVENTS: Final = 2_000_000
MOST_READ_MB, MOST_TRAIN_GB = 64, 6


def read() -> Iterator[Promise]:
    """Read a log, and a quarter of it: the memory must be the same."""
    for kind in reachable(*DATABASES):
        with new_shop(kind) as url:
            with databases.open_database(kind, url) as db:
                reads.fill(db, READ_EVENTS)
            quarter, whole = reads.measure(url, samples.START + READ_EVENTS // 4), reads.measure(url)
            control = reads.measure(url, at_once=True)
        yield Promise(
            f"reading takes memory for a batch, not for the log (within {MOST_READ_MB} MB)",
            kind,
            f"{quarter.rows:,} events: {quarter.peak_mb:,.0f} MB; {whole.rows:,} events: {whole.peak_mb:,.0f} MB",
            whole.peak_mb - quarter.peak_mb < MOST_READ_MB < control.peak_mb - quarter.peak_mb,
            f"all rows at once: {control.peak_mb:,.0f} MB",
        )


def trained() -> Iterator[Promise]:
    """Simulate a large shop and train on it."""
    measured = memory.measure()
    yield Promise(
        f"aisle train --model als on {memory.EVENTS:,} events: at most {MOST_TRAIN_GB} GB",
        "sqlite",
        f"{measured.train_peak_gb:.2f} GB, {measured.train_seconds:,.0f} s for {measured.events:,} events",
        measured.train_peak_gb <= MOST_TRAIN_GB,
        f"simulated and stored in {measured.store_seconds:,.0f} s, {measured.store_bytes / 1e9:.1f} GB on disk",
    )
