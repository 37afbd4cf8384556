"""How long insights and the profile take on a large log, and how much memory.

    python -m benchmarks.insights [--events 5000000] [--items 40000] [--keep FOLDER]

The shop is made up, in SQLite. Every command is a process of its own: the first makes the columnar copy, the next finds
it, one comes after a hundred new events, and the profile reads all of them.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import columns as c
from aisle.shop import moments
from aisle.shop.money import MICROS
from benchmarks.shared.big_shop import tables
from benchmarks.shared.commands import aisle
from benchmarks.shared.rows import Row, finish, options

NEW: Final = 100
VIEW: Final = {"event": "view_item", "item_id": "i1"}


def main() -> None:
    """Measure, and print the rows."""
    parser = options("insights", __doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--keep", type=Path, help="the folder of the shop, which is kept and used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = arguments.keep or Path(folder) / "shop"
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
