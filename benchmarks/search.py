"""A search over a large catalogue on each database: milliseconds of a search, and what the index costs a load.

    python -m benchmarks.search [--items 100000] [--json FILE]

The catalogue is made up: 20,000 words, of which some are frequent and most are rare; titles have five words, categories
three and brands one. A search names a word of a title and the first four letters of another one. The servers are those
of the tests.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from aisle.shop import columns
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.connection import Database
from benchmarks.shared.rows import Row, finish, options, say, timed
from tests.databases import SERVERS, new_shop, open_database

SEARCHES: Final = 200
PART: Final = 10_000
"""How many items are loaded at a time."""


def main() -> None:
    """Load the catalogue into each database and search it."""
    parser = options("search", __doc__ or "")
    parser.add_argument("--items", type=int, default=100_000)
    arguments = parser.parse_args()
    random_ = random.Random(1)
    titles, catalogue = made_up(arguments.items, random_)
    texts = [searched(random_.choice(titles), random_) for _ in range(SEARCHES)]
    finish([row for kind in ("sqlite", *SERVERS) for row in measured(kind, catalogue, texts)], arguments.json)


def made_up(number: int, random_: random.Random) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the titles and the rows of a catalogue."""
    starts = [consonant + vowel for consonant in "bcdfghklmnprstvwz" for vowel in "aeiou"]
    words = ["".join(random_.choices(starts, k=random_.randint(2, 5))) for _ in range(20_000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    drawn = iter(random_.choices(words, weights, k=9 * number))
    titles, rows = [], []
    for place in range(number):
        title = " ".join(next(drawn) for _ in range(5))
        category = " > ".join(next(drawn) for _ in range(3))
        item = {columns.ITEM_ID: f"item-{place}", columns.TITLE: title, columns.CATEGORY: category}
        row = item | {columns.BRAND: next(drawn), columns.PRICE: 1_000_000}
        titles.append(title)
        rows.append(tuple(row.get(name) for name in columns.ITEMS))
    return titles, rows


def searched(title: str, random_: random.Random) -> str:
    """Return what somebody types who looks for a title."""
    whole, cut = random_.sample(title.split(), 2)
    return f"{whole} {cut[:4]}"


def measured(kind: str, catalogue: list[tuple[object, ...]], texts: list[str]) -> Iterator[Row]:
    """Yield what one database takes."""
    with tempfile.TemporaryDirectory() as folder, new_shop(kind, Path(folder)) as url, open_database(kind, url) as db:
        say(f"loading {len(catalogue):,} items into {kind}")
        _, seconds = timed(lambda: load(db, catalogue))
        milliseconds = np.array([timed_search(db, text) for text in texts])
    p50, p95 = np.percentile(milliseconds, [50, 95]).tolist()
    yield {"database": kind, "items": len(catalogue), "load_s": seconds, "p50_ms": p50, "p95_ms": p95}


def load(db: Database, catalogue: list[tuple[object, ...]]) -> None:
    """Store a catalogue."""
    for start in range(0, len(catalogue), PART):
        items.upsert(db, catalogue[start : start + PART])


def timed_search(db: Database, text: str) -> float:
    """Return the milliseconds of a search."""
    started = perf_counter()
    browse.search(db, ItemFilter(text=text), 400)
    return (perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
