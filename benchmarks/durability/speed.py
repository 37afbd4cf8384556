"""How fast events are stored: by the writer beside the bare driver, and by a whole import."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from aisle.storage.connection import Database, connect
from aisle.storage.database.dialects import writable
from aisle.storage.digest import digest
from aisle.storage.log.writer import EventTuple, EventWriter
from aisle.storage.tables import events
from benchmarks.durability.promises import DATABASES, Promise, new_shop, reachable, skip
from benchmarks.shared.commands import aisle
from benchmarks.shared.rows import timed
from tests import databases
from tests.storage import samples

BATCH: Final = 200
ROUNDS, ROUND_BATCHES = 5, 20
SQLITE_FLOOR, DRIVER_SHARE, IMPORT_FLOOR = 15_000, 0.5, 40_000

Batches = list[list[EventTuple]]


def written() -> Iterator[Promise]:
    """Store batches of 200 events, and the same with the driver alone."""
    for kind in reachable(*DATABASES):
        with new_shop(kind) as url, databases.open_database(kind, url) as db:
            alone, bare = _against_driver(db)
            together = _rate(partial(_write, db, clients=8))
        share = alone / bare
        floor, kept = f"{DRIVER_SHARE:.0%} of the driver", share >= DRIVER_SHARE
        if kind == "sqlite":
            floor, kept = f"{SQLITE_FLOOR:,} events/s", alone >= SQLITE_FLOOR
        yield Promise(
            f"batches of {BATCH}: at least {floor}",
            kind,
            f"{alone:,.0f} events/s from one client, {together:,.0f} from eight",
            kept,
            f"bare driver, executemany: {bare:,.0f} events/s ({share:.0%})",
        )


def imported() -> Iterator[Promise]:
    """Import the Online Retail log, as a whole process."""
    logs = sorted(Path(os.environ.get("AISLE_DATA", "nowhere"), "online-retail").glob("*.csv*"))
    if not logs:
        skip("import", "AISLE_DATA names no folder with online-retail/*.csv.gz")
        return
    with tempfile.TemporaryDirectory() as folder:
        shop = ("-C", f"{folder}/shop")
        aisle("init", ("init", f"{folder}/shop"))
        seconds = float(aisle("import", (*shop, "import", *map(str, logs), "--format", "online-retail"))["seconds"])
        with connect(f"sqlite:///{folder}/shop/aisle.db") as db, db.read() as connection:
            rows = sum(
                connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
                for name in ("events", "rejects")
            )
    yield Promise(
        f"aisle import: at least {IMPORT_FLOOR:,} rows/s",
        "sqlite",
        f"{rows:,} rows in {seconds:.1f} s: {rows / seconds:,.0f} rows/s",
        rows / seconds >= IMPORT_FLOOR,
        "",
    )


def _against_driver(db: Database) -> tuple[float, float]:
    """Return events per second of the writer and of the bare driver, whose rounds take turns."""
    ways: tuple[Callable[[Batches], None], ...] = (partial(_write, db, clients=1), partial(_write_bare, db))
    seconds = [0.0, 0.0]
    for number in range(-1, ROUNDS):  # the first round warms up
        for way, write in enumerate(ways):
            round_seconds = _seconds(write, f"{way}-{number}")
            seconds[way] += round_seconds if number >= 0 else 0.0
    count = ROUNDS * ROUND_BATCHES * BATCH
    return count / seconds[0], count / seconds[1]


def _rate(write: Callable[[Batches], None]) -> float:
    """Return events per second."""
    seconds = sum(_seconds(write, f"together-{number}") for number in range(ROUNDS))
    return ROUNDS * ROUND_BATCHES * BATCH / seconds


def _seconds(write: Callable[[Batches], None], name: str) -> float:
    batches = [
        [
            samples.event(place, event_id=f"{name}-{number}-{place}", user_id=f"u{place}", item_id=f"i{number}")
            for place in range(BATCH)
        ]
        for number in range(ROUND_BATCHES)
    ]
    return timed(lambda: write(batches))[1]


def _write(db: Database, batches: Batches, clients: int) -> None:
    with EventWriter(db) as writer, ThreadPoolExecutor(clients) as pool:
        for outcomes in pool.map(writer.write, batches):
            assert {outcome.status for outcome in outcomes} == {"stored"}


def _write_bare(db: Database, batches: Batches) -> None:
    """Store batches as a plain script does: the driver's executemany, and a commit for each batch."""
    sqlite = db.engine.dialect.name == "sqlite"
    names = _quoted(db, writable(events))
    places = ["?" if sqlite else "%s"] * len(names)
    sql = f"INSERT INTO events ({', '.join(names)}) VALUES ({', '.join(places)})"
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        for batch in batches:
            if sqlite:
                cursor.execute("BEGIN")
            cursor.executemany(sql, [(digest(row[0]), *row) for row in batch])
            connection.commit()
    finally:
        connection.close()


def _quoted(db: Database, names: Sequence[str]) -> list[str]:
    return [db.engine.dialect.identifier_preparer.quote(name) for name in names]
