"""What the store promises, held against kills, power cuts, full disks, replays and poison; and how fast it is.

    make durability        or        python -m benchmarks.durability [--only NAME …]

Each promise is also asked of a sabotaged store, which must break it: a test that cannot fail shows nothing. The tables
go into docs/durability.md. The servers are those that the tests run on (`tests/databases.py`); one that does not
answer is left out, and so is whatever this machine lacks (a C compiler, a disk to mount, the Online Retail log in
`AISLE_DATA`).
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from aisle.storage.connection import Database, connect
from aisle.storage.dialects import writable
from aisle.storage.digest import digest
from aisle.storage.tables import events
from aisle.storage.writer import EventTuple, EventWriter
from benchmarks import memory, reads
from benchmarks.all import machine, replaced, table
from benchmarks.end_to_end import aisle
from tests import databases
from tests.faults.full_disk import fill, small_disk
from tests.faults.poison import compare, poison, unchecked_events
from tests.faults.replays import replay
from tests.faults.survival import Survival, build_shim, kills, power_cuts
from tests.storage import samples

PAGE: Final = Path(__file__).parents[1] / "docs" / "durability.md"

KILLS: Final = 200
CUTS: Final = 100
REPLAYED, TIMES = 20_000, 5
POISON_EXAMPLES: Final = 860

BATCH: Final = 200
ROUNDS, ROUND_BATCHES = 5, 20
READ_EVENTS: Final = 2_000_000
MOST_READ_MB, MOST_TRAIN_GB = 64, 6
SQLITE_FLOOR, DRIVER_SHARE, IMPORT_FLOOR = 15_000, 0.5, 40_000

NAMES: Final = {
    "sqlite": "SQLite",
    "sqlite-delete": "SQLite, DELETE",
    "mysql": "MariaDB/MySQL",
    "postgresql": "PostgreSQL",
}

Row = dict[str, str]


def main() -> None:
    """Run the parts, print their tables and write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durability", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=tuple(PARTS), help="not all parts")
    arguments = parser.parse_args()
    found: list[Row] = []
    for part in arguments.only:
        rows = list(_run(part))
        found += rows
        if rows:
            _write_down(part, rows)
    Console().print(_printed(found))
    if broken := [row["promise"] for row in found if not row["kept"]]:
        sys.exit(f"not kept: {', '.join(broken)}")


def _run(part: str) -> Iterator[Row]:
    """Run a part, and say each row as it comes: some take minutes."""
    for row in PARTS[part]():
        print(" · ".join(row.values()), flush=True)
        yield row


def _write_down(part: str, rows: list[Row]) -> None:
    """Put a part's table into the page."""
    text = f"{table(rows)}\n\n`python -m benchmarks.durability --only {part}`, {machine()}."
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), part, text), encoding="utf-8")


# --- Faults -----------------------------------------------------------------------------------------------------------


def killed() -> Iterator[Row]:
    """Kill a process that stores events, again and again."""
    for kind in _answering("sqlite", "mysql", "postgresql"):
        with _shop(kind) as url:
            found = kills(kind, url, KILLS)
        with _shop(kind) as url:
            control = kills(kind, url, 5, "early")
        yield _row(
            "kill -9 during ingest",
            kind,
            _survived("kills", found),
            found.kept and control.lost > 0,
            f"acknowledges before it commits: {control.lost:,} lost in {control.lives} kills",
        )


def cut_off() -> Iterator[Row]:
    """Cut the power of a process that stores events in SQLite, again and again."""
    if shutil.which("cc") is None:
        _left_out("power cuts", "there is no C compiler (cc)")
        return
    with tempfile.TemporaryDirectory() as folder:
        shim = build_shim(Path(folder))
        for kind in databases.JOURNAL_MODES:
            with tempfile.TemporaryDirectory() as real, tempfile.TemporaryDirectory() as sabotaged:
                found = power_cuts(kind, Path(real), shim, CUTS)
                control = power_cuts(kind, Path(sabotaged), shim, 10, "relaxed")
            yield _row(
                "power cut during ingest",
                kind,
                _survived("cuts", found),
                found.kept and control.lost > 0,
                f"syncs less ({'FULL' if kind == 'sqlite-delete' else 'NORMAL'}): {control.lost:,} of "
                f"{control.acknowledged:,} lost in {control.lives} cuts",
            )


def _survived(how: str, found: Survival) -> str:
    integrity = "broken" if found.damage else "ok"
    told = f"{found.lost} lost, {found.duplicates} doubled, integrity {integrity}"
    return f"{found.lives} {how}, {found.acknowledged:,} acknowledged: {told}"


def replayed() -> Iterator[Row]:
    """Send the same events again and again."""
    for kind in _answering("sqlite", "mysql", "postgresql"):
        with _shop(kind) as url:
            found = replay(kind, url, REPLAYED, TIMES)
        with _shop(kind) as url:
            control = replay(kind, url, 500, 3, sabotaged=True)
        adds_up = found.stored == found.kept == REPLAYED and found.stored + found.duplicate == found.sent
        yield _row(
            "replays by 8 clients across a restart",
            kind,
            f"{found.sent:,} sent: {found.stored:,} stored, {found.duplicate:,} duplicate, {found.duplicates} doubled",
            adds_up and not found.duplicates and control.duplicates > 0,
            f"keeps no key: {control.distinct:,} events fill {control.kept:,} rows",
        )


def filled() -> Iterator[Row]:
    """Store events until the disk is full."""
    for kind in databases.JOURNAL_MODES:
        try:
            with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
                found = fill(kind, disk)
            with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
                control = fill(kind, disk, sabotaged=True)
        except OSError as error:
            _left_out("full disk", str(error))
            return
        yield _row(
            "disk full",
            kind,
            f"{found.acknowledged:,} acknowledged: {found.lost} lost; reads go on; "
            f"{'recovers without a restart' if found.recovered else 'does not recover'}",
            found.recovered and "disk is full" in found.error and not (found.lost or found.damage) and control.lost > 0,
            f"acknowledges anyway: {control.lost:,} lost",
        )


def poisoned() -> Iterator[Row]:
    """Send generated bad events to all databases."""
    with ExitStack() as stack:
        dbs = {}
        for kind in _answering(*databases.KINDS):
            dbs[kind] = stack.enter_context(databases.open_database(kind, stack.enter_context(_shop(kind))))
        found = poison(dbs, POISON_EXAMPLES)
        writers = {kind: stack.enter_context(EventWriter(db)) for kind, db in dbs.items()}
        control = len(set(compare(writers, unchecked_events())))
    yield _row(
        "poison",
        ", ".join(NAMES[kind] for kind in dbs),
        f"{found.events:,} generated events, {found.rejected:,} bad: 0 crashes, {found.differing} verdicts differ",
        found.rejected >= 20_000 and not found.differing and control > 1,
        f"without the checks: {control} different verdicts on 3 events",
    )


# --- Speed ------------------------------------------------------------------------------------------------------------


def written() -> Iterator[Row]:
    """Store batches of 200, and the same with nothing but the driver."""
    for kind in _answering("sqlite", "mysql", "postgresql"):
        with _shop(kind) as url, databases.open_database(kind, url) as db:
            alone, bare = _against_driver(db)
            together = _rate(partial(_write, db, clients=8))
        share = alone / bare
        floor, kept = f"{DRIVER_SHARE:.0%} of the driver", share >= DRIVER_SHARE
        if kind == "sqlite":
            floor, kept = f"{SQLITE_FLOOR:,} events/s", alone >= SQLITE_FLOOR
        yield _row(
            f"batches of {BATCH}: at least {floor}",
            kind,
            f"{alone:,.0f} events/s from one client, {together:,.0f} from eight",
            kept,
            f"bare driver, executemany: {bare:,.0f} events/s ({share:.0%})",
        )


def imported() -> Iterator[Row]:
    """Import the Online Retail log, as a whole process."""
    logs = sorted(Path(os.environ.get("AISLE_DATA", "nowhere"), "online-retail").glob("*.csv*"))
    if not logs:
        _left_out("import", "AISLE_DATA names no folder with online-retail/*.csv.gz")
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
    yield _row(
        f"aisle import: at least {IMPORT_FLOOR:,} rows/s",
        "sqlite",
        f"{rows:,} rows in {seconds:.1f} s: {rows / seconds:,.0f} rows/s",
        rows / seconds >= IMPORT_FLOOR,
        "",
    )


# --- Memory -----------------------------------------------------------------------------------------------------------


def read() -> Iterator[Row]:
    """Read a log, and a quarter of it: the memory must be the same."""
    for kind in _answering("sqlite", "mysql", "postgresql"):
        with _shop(kind) as url:
            with databases.open_database(kind, url) as db:
                reads.fill(db, READ_EVENTS)
            quarter, whole = reads.measure(url, samples.START + READ_EVENTS // 4), reads.measure(url)
            control = reads.measure(url, at_once=True)
        yield _row(
            f"reading takes memory for a batch, not for the log (within {MOST_READ_MB} MB)",
            kind,
            f"{quarter.rows:,} events: {quarter.peak_mb:,.0f} MB; {whole.rows:,} events: {whole.peak_mb:,.0f} MB",
            whole.peak_mb - quarter.peak_mb < MOST_READ_MB < control.peak_mb - quarter.peak_mb,
            f"all rows at once: {control.peak_mb:,.0f} MB",
        )


def trained() -> Iterator[Row]:
    """Simulate a large shop and train on it."""
    found = memory.measure()
    yield _row(
        f"aisle train --model als on {memory.EVENTS:,} events: at most {MOST_TRAIN_GB} GB",
        "sqlite",
        f"{found.train_peak_gb:.2f} GB, {found.train_seconds:,.0f} s for {found.events:,} events",
        found.train_peak_gb <= MOST_TRAIN_GB,
        f"simulated and stored in {found.store_seconds:,.0f} s, {found.store_bytes / 1e9:.1f} GB on disk",
    )


def _against_driver(db: Database) -> tuple[float, float]:
    """Return events per second of the writer and of the bare driver, whose rounds take turns."""
    ways: tuple[Callable[[list[list[EventTuple]]], None], ...] = (
        partial(_write, db, clients=1),
        partial(_write_bare, db),
    )
    seconds = [0.0, 0.0]
    for number in range(-1, ROUNDS):  # the first one warms up
        for way, write in enumerate(ways):
            took = _seconds(write, f"{way}-{number}")
            seconds[way] += took if number >= 0 else 0.0
    done = ROUNDS * ROUND_BATCHES * BATCH
    return done / seconds[0], done / seconds[1]


def _rate(write: Callable[[list[list[EventTuple]]], None]) -> float:
    seconds = sum(_seconds(write, f"together-{number}") for number in range(ROUNDS))
    return ROUNDS * ROUND_BATCHES * BATCH / seconds


def _seconds(write: Callable[[list[list[EventTuple]]], None], name: str) -> float:
    batches = [
        [
            samples.event(place, event_id=f"{name}-{number}-{place}", user_id=f"u{place}", item_id=f"i{number}")
            for place in range(BATCH)
        ]
        for number in range(ROUND_BATCHES)
    ]
    started = time.perf_counter()
    write(batches)
    return time.perf_counter() - started


def _write(db: Database, batches: list[list[EventTuple]], clients: int) -> None:
    with EventWriter(db) as writer, ThreadPoolExecutor(clients) as pool:
        for told in pool.map(writer.write, batches):
            assert {outcome.status for outcome in told} == {"stored"}


def _write_bare(db: Database, batches: list[list[EventTuple]]) -> None:
    """Store batches as a plain script would: the driver's executemany and a commit for each."""
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


# --- The table --------------------------------------------------------------------------------------------------------

PARTS: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "kills": killed,
    "power": cut_off,
    "replays": replayed,
    "disk": filled,
    "poison": poisoned,
    "writer": written,
    "import": imported,
    "reads": read,
    "memory": trained,
}


def _row(promise: str, kind: str, result: str, kept: bool, control: str) -> Row:
    return {
        "promise": promise,
        "database": NAMES.get(kind, kind),
        "result": result,
        "kept": "yes" if kept else "",
        "beside it": control,
    }


def _answering(*kinds: str) -> Iterator[str]:
    for kind in kinds:
        problem = databases.unreachable(kind) if kind in databases.SERVERS else None
        if problem is None:
            yield kind
        else:
            print(problem)


def _left_out(part: str, why: str) -> None:
    print(f"{part} is left out: {why}")


@contextmanager
def _shop(kind: str) -> Iterator[str]:
    """Lend the URL of a new shop's database, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, databases.new_shop(kind, Path(folder)) as url:
        yield url


def _printed(rows: list[Row]) -> Table:
    printed = Table("promise", "database", "result", "kept", "beside it")
    for row in rows:
        printed.add_row(*row.values())
    return printed


if __name__ == "__main__":
    main()
