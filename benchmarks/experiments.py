"""How long the report of an experiment takes in a large shop.

    python -m benchmarks.experiments [--events 5000000] [--json FILE]

A shop of so many events in a year is made (`benchmarks.shared.big_shop`), whose shoppers were served shelves of an
experiment for the last four weeks, three each. `first` is the report after an import, which brings the copy of the
events up to date; `next` is one later, as it usually is.
"""

import tempfile
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.experiments.assignment import Range, variant_of
from aisle.experiments.experiment import Experiment, Variant
from aisle.shop.moments import DAY, now
from aisle.storage.log.events import stream
from aisle.storage.shelves import experiments, impressions
from aisle.storage.shelves.impressions import Impression
from benchmarks.shared.big_shop import tables
from benchmarks.shared.rows import Row, finish, options, timed

DAYS: Final = 28
SHELVES: Final = 3
ITEMS: Final = 10_000
TRIAL: Final = Experiment(
    name="trial",
    placement="home",
    variants=(Variant(name="as-is"), Variant(name="other", settings={"strategy": "trending"})),
)
_PART: Final = 20_000


def serve(shop: Shop, start: int) -> int:
    """Store the shelves of all shoppers, and return how many they are."""
    users = pl.concat(stream(shop.db, ("user_id",)))["user_id"].drop_nulls().unique().sort().to_list()
    served = []
    for number, user in enumerate(users):
        variant = variant_of(TRIAL, Range(0.0, 1.0), user)
        label = TRIAL.label(variant) if variant else None
        for shelf in range(SHELVES):
            moment = start + (number * 7919 + shelf * 5 * DAY) % (DAYS * DAY - DAY)
            name = f"r{number}-{shelf}"
            served.append(Impression(name, moment, user, None, "home", "personal", None, 1, (), label))
    for first in range(0, len(served), _PART):
        impressions.add(shop.db, served[first : first + _PART])
    return len(served)


def measure(folder: Path, events: int) -> Row:
    """Make a shop in a folder, and time the report of its experiment."""
    make_shop(folder, "Large")
    with Shop(Settings.read(folder)) as shop:
        shop.import_trusted(tables(ITEMS, events, seed=1))
        start = now() // DAY * DAY - DAYS * DAY
        row = experiments.add(shop.db, "trial", msgspec.json.encode(TRIAL).decode(), start)
        running = {"state": "running", "started": start, "reach": 1.0, "planned": 100_000.0}
        experiments.change(shop.db, row, "draft", running)
        shelves = serve(shop, start)
        _, first = timed(lambda: shop.experiments.report("trial"))
        told, following = timed(lambda: shop.experiments.report("trial"))
    units = sum(told.report.units.values())
    return {"events": events, "shelves": shelves, "visitors": units, "first, s": first, "next, s": following}


def main() -> None:
    """Print how long it takes."""
    parser = options("experiments", __doc__ or "")
    parser.add_argument("--events", type=int, default=5_000_000, help="how many events the shop has")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        finish([measure(Path(folder) / "shop", arguments.events)], arguments.json)


if __name__ == "__main__":
    main()
