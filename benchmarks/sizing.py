"""What shops of several sizes need: a simulated shop is imported and trained, each as a whole process.

    python -m benchmarks.sizing [--events 100000,500000,2000000] [--json FILE]

The events are simulated, exported as Parquet files and imported through all checks into an SQLite database. The
training is the default one. Seconds of the processor hold on a busy machine too.
"""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import moments
from aisle.simulator.simulation import Simulation
from benchmarks.shared.commands import aisle
from benchmarks.shared.rows import Row, finish, options

EVENTS: Final = "100000,500000,2000000"


def main() -> None:
    """Measure a shop of each size."""
    parser = options("sizing", __doc__)
    parser.add_argument("--events", default=EVENTS, help="sizes, separated by commas")
    arguments = parser.parse_args()
    finish([measure(int(events)) for events in arguments.events.split(",")], arguments.json)


def measure(events: int) -> Row:
    """Import and train a simulated shop."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # On Linux, the peak of a command counts the memory of the process that starts it, too.
        with ProcessPoolExecutor(1, get_context("spawn")) as simulating:
            simulating.submit(export, events, folder).result()
        make_shop(folder / "shop")
        shop = ("-C", str(folder / "shop"))
        imported = aisle("import", (*shop, "import", str(folder / "files")))
        trained = aisle("train", (*shop, "train"))
        return {
            "events": events,
            "database_mb": sum(file.stat().st_size for file in (folder / "shop").glob("*.db*")) / 1e6,
            "import_processor_s": imported["processor_s"],
            "import_peak_mb": imported["peak_mb"],
            "train_processor_s": trained["processor_s"],
            "train_peak_mb": trained["peak_mb"],
            "model_mb": sum(file.stat().st_size for file in (folder / "shop").rglob("*.npy")) / 1e6,
        }


def export(events: int, folder: Path) -> None:
    """Simulate a shop and write its tables into the folder `files`."""
    end = moments.now() // moments.DAY * moments.DAY
    with Shop(Settings.read(make_shop(folder / "simulated", simulated=True))) as shop:
        shop.import_trusted(Simulation(events=events, end=end).tables())
        shop.export(folder / "files")


if __name__ == "__main__":
    main()
