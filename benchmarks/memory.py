"""The memory of training on a shop of twenty million events.

    python -m benchmarks.memory [--events 20000000] [--keep FOLDER]

The shop is the demo's, simulated into SQLite; the training is a process of its own, with everything that `aisle train`
does. `benchmarks.durability` writes the figures into docs/durability.md.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import moments
from aisle.simulator.simulation import Simulation
from aisle.storage.connection import connect
from aisle.storage.log import events as stored_events
from benchmarks.shared.commands import aisle

EVENTS: Final = 20_000_000


class Measured(NamedTuple):
    """The seconds and bytes of storing and of training."""

    events: int
    store_seconds: float
    """To simulate and store the events."""
    store_bytes: int
    train_seconds: float
    train_peak_gb: float
    """The peak memory of the training process, in 10⁹ bytes."""


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument(
        "--keep", type=Path, help="the folder of the shop, which is kept; a shop that is there is trained again"
    )
    arguments = parser.parse_args()
    print(measure(arguments.events, arguments.keep))


def measure(events: int = EVENTS, keep: Path | None = None) -> Measured:
    """Simulate a shop and train on it."""
    with tempfile.TemporaryDirectory() as folder:
        shop = keep or Path(folder) / "shop"
        started = time.perf_counter()
        if not shop.exists():
            _simulate(shop, events)
        seconds = time.perf_counter() - started
        trained = aisle("train", ("-C", str(shop), "train", "--model", "als"))
        with connect(Settings.read(shop).database_url) as db:
            stored = stored_events.count(db)
        size = sum(file.stat().st_size for file in shop.glob("aisle.db*"))
    peak = float(trained["peak_mb"]) * 1024**2 / 1e9
    return Measured(stored, seconds, size, float(trained["seconds"]), peak)


def _simulate(folder: Path, events: int) -> None:
    make_shop(folder, Simulation.name, simulated=True)
    today = moments.now() // moments.DAY * moments.DAY
    with Shop(Settings.read(folder)) as shop:
        shop.import_trusted(Simulation(events=events, end=today).tables())


if __name__ == "__main__":
    main()
