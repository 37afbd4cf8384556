"""How long insights and the profile take on a large log, and how much memory.

    python -m benchmarks.insights [--events 5000000] [--items 40000] [--keep FOLDER] [--without-database]

The shop is made up, in SQLite. Every command is a process of its own: the first makes the columnar copy, the next finds
it, one comes after a hundred new events, and the profile reads all of them. Without a database, the events are written
as the copy has them, and read from there.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.data.columnar import COLUMNS
from aisle.app.data.quality import PART_EVENTS, parts_of
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.insights.every import compute
from aisle.insights.shop_log import ITEM_COLUMNS, REVIEW_SCHEMA, ShopLog
from aisle.insights.tally import COLUMNS as TALLIED
from aisle.insights.tally import Tally
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.money import MICROS
from aisle.shop.schemas import conform
from benchmarks.shared.big_shop import tables
from benchmarks.shared.commands import aisle
from benchmarks.shared.rows import Row, finish, options

NEW: Final = 100
_ITEMS: Final = "items.parquet"
VIEW: Final = {"event": "view_item", "item_id": "i1"}


def main() -> None:
    """Measure, and print the rows."""
    parser = options("insights", __doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--keep", type=Path, help="the folder of the shop, which is kept and used again")
    parser.add_argument("--without-database", action="store_true", help="read the events of a copy alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = arguments.keep or Path(folder) / "shop"
        if arguments.without_database:
            finish(list(_read_alone(shop, arguments.items, arguments.events)), arguments.json)
            return
        if not shop.exists():
            make(shop, arguments.items, arguments.events)
        finish(list(measure(shop, arguments.events)), arguments.json)


def make(folder: Path, items: int, events: int) -> None:
    """Make a shop whose purchases have prices, and are orders of a day."""
    make_shop(folder, f"{events:,} events", simulated=True)
    with Shop(Settings.read(folder)) as shop:
        shop.import_trusted(_priced(items, events))


def measure(shop: Path, events: int) -> Iterator[Row]:
    """Yield a row for each command."""
    where = ("-C", str(shop))
    yield {"events": events} | aisle("insights, without a copy", (*where, "insights", "--json"))
    yield {"events": events} | aisle("insights, with a copy", (*where, "insights", "--json"))
    moment = moments.now()
    with Shop(Settings.read(shop)) as opened:
        opened.import_events([{**VIEW, "user_id": f"new-{number}", "timestamp": moment} for number in range(NEW)])
    yield {"events": events} | aisle(f"insights, {NEW} new events", (*where, "insights", "--json"))
    yield {"events": events} | aisle("profile", (*where, "profile", "--json"))


# --- Without a database -----------------------------------------------------------------------------------------------


def _read_alone(folder: Path, items: int, events: int) -> Iterator[Row]:
    """Yield a row for each reader of the copy, a process each."""
    spawned = multiprocessing.get_context("spawn")
    if not folder.exists():
        with spawned.Pool(1) as pool:
            pool.apply(_write_copy, (folder, items, events))
    for reader in (_insights, _profile):
        with spawned.Pool(1) as pool:
            row: Row = {"events": events, "command": reader.__name__.strip("_")}
            yield row | pool.apply(_measured, (reader, folder))


def _write_copy(folder: Path, items: int, events: int) -> None:
    folder.mkdir(parents=True)
    for number, (table, frame) in enumerate(_priced(items, events)):
        if table == "events":
            conform(frame, c.STORED_EVENTS).select(COLUMNS).write_parquet(
                folder / f"{number}.parquet", compression="lz4"
            )
        else:
            frame.select(ITEM_COLUMNS).write_parquet(folder / _ITEMS)


def _measured(reader: Callable[[Path], None], folder: Path) -> Row:
    started, processor = time.perf_counter(), time.process_time()
    reader(folder)
    return {
        "seconds": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _log(folder: Path) -> pl.LazyFrame:
    return pl.scan_parquet(sorted(folder.glob("[0-9]*.parquet")))


def _insights(folder: Path) -> None:
    log = ShopLog(_log(folder), pl.read_parquet(folder / _ITEMS), REVIEW_SCHEMA.to_frame(), moments.now())
    for _ in compute(log):
        pass


def _profile(folder: Path) -> None:
    events, tally = _log(folder).select(TALLIED), Tally(moments.now())
    total = int(events.select(pl.len()).collect().item())
    for part in parts_of(events, -(-total // PART_EVENTS)):
        tally.add(part)


def _priced(items: int, events: int) -> Iterator[tuple[str, pl.DataFrame]]:
    price = (pl.col(c.ITEM_ID).hash() % 90 + 10).cast(pl.Int64) * MICROS
    bought = pl.col(c.EVENT) == "purchase"
    for table, frame in tables(items, events, seed=1):
        if table == "events":
            yield (
                table,
                frame.with_columns(
                    pl.when(bought).then(price).alias(c.PRICE),
                    pl.when(bought).then(pl.lit("EUR")).alias(c.CURRENCY),
                    pl.when(bought).then(pl.lit(1, pl.Int64)).alias(c.QUANTITY),
                    pl.when(bought).then(c.SESSION_ID).alias(c.TRANSACTION_ID),
                ),
            )
        else:
            yield table, frame


if __name__ == "__main__":
    main()
