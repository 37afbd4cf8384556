"""The processor time of one shelf, without a web server: the time that a worker cannot give to anybody else.

    python -m benchmarks.engine [--shop FOLDER] [--items 40000] [--events 2000000] [--requests 300] [--batch]
        [--json FILE]

The shop is made up (`benchmarks.shared.big_shop`) and trained with the default model, in a process of its own; FOLDER
keeps it for the next run, or is any shop that is trained already. Every request reads the database, as in a server,
which has loaded the kernels and holds BLAS to one thread. The shoppers have about 50 events each. `als alone` is a
shelf of the hybrid's ALS source, without a second stage. With --batch, the shelves of all shoppers are timed, too.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from aisle import kernels
from aisle.app.serve import Live
from aisle.app.settings import FILE, PlacementSection, Settings
from aisle.app.shop import Shop
from aisle.kernels.threads import blas_alone
from aisle.storage.tables import events
from benchmarks.shared import big_shop
from benchmarks.shared.log import ids_with
from benchmarks.shared.rows import Row, finish, options

WARM_UP: Final = 20

ABOUT_50: Final = (40, 60)
"""The fewest and the most events of a shopper whose shelf is timed."""


def main() -> None:
    """Make the shop, if there is none, and measure."""
    parser = options("engine", __doc__)
    parser.add_argument("--shop", type=Path, help="the folder of the shop; it is kept")
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--batch", action="store_true", help="also time `recommend --all -n 20`")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = arguments.shop or Path(folder) / "shop"
        if not (shop / FILE).exists():
            big_shop.make(shop, arguments.items, arguments.events)
        rows = [*measured(shop, arguments.requests), *(batch(shop) if arguments.batch else ())]
        finish(rows, arguments.json)


def measured(shop: Path, requests: int) -> Iterator[Row]:
    """Yield the milliseconds of each kind of request."""
    kernels.load()
    settings = Settings.read(shop)
    settings.placements["als"] = PlacementSection(strategy="als")
    with Live(settings) as live, blas_alone():
        users = ids_with(live.db, events.c.user_id, requests, *ABOUT_50)
        item_ids = live.model_watch.current().items.ids
        calls: dict[str, Callable[[int], object]] = {
            "recommended for you": lambda n: live.recommend(users[n % len(users)]),
            "als alone": lambda n: live.recommend(users[n % len(users)], placement="als"),
            "unknown shopper": lambda n: live.recommend(f"nobody {n}"),
            "trending": lambda n: live.recommend(users[n % len(users)], placement="trending"),
            "bestsellers": lambda n: live.recommend(users[n % len(users)], placement="bestsellers"),
            "similar items": lambda n: live.similar(item_ids[n * 997 % len(item_ids)]),
        }
        for name, call in calls.items():
            milliseconds = timed(call, requests)
            yield {
                "request": name,
                "items": len(item_ids),
                "p50 ms": float(np.median(milliseconds)),
                "p99 ms": float(np.quantile(milliseconds, 0.99)),
            }


def batch(shop: Path) -> Iterator[Row]:
    """Yield how many shoppers a second get their shelves, written into a file."""
    with tempfile.TemporaryDirectory() as folder, Shop(Settings.read(shop)) as opened:
        written = opened.recommend_all(20, Path(folder) / "shelves.parquet")
    yield {"request": "recommend --all -n 20", "shoppers a second": written.users / written.seconds}


def timed(call: Callable[[int], object], requests: int) -> list[float]:
    """Return the milliseconds of processor time of each of some requests, after a few that do not count."""
    taken = []
    for number in range(-WARM_UP, requests):
        started = time.process_time()
        call(number)
        taken.append((time.process_time() - started) * 1000)
    return taken[WARM_UP:]


if __name__ == "__main__":
    main()
