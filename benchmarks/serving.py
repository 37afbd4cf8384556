"""A shop over HTTP: throughput beside a bare route, processor time, and how soon a click and a start take effect.

    make serving        or        python -m benchmarks.serving LOGS [--shop FOLDER] [--seconds 10] [--no-page]

LOGS holds one export of the Online Retail log (`*.csv.gz` or `*.csv`), of which a shop is made, or FOLDER is a shop
that is trained already. The server runs on one core and the load generator on the other (`wrk`, and `h2load` for a
given number of requests a second); ratios are to a bare Starlette route of a plain uvicorn on the server's core,
measured right after, and beside them to one with the parser of Aisle's server. A row whose generator had no time left
is void. A shop on MariaDB or PostgreSQL is measured with --shop, too. The shop keeps the events and impressions of a
run, so that the next one on it meets longer histories.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from typing import Final
from urllib.parse import quote

import numpy as np

from aisle.app.settings import Settings
from aisle.storage.connection import connect as connect_database
from aisle.storage.tables import events
from benchmarks.shared import generators
from benchmarks.shared.commands import aisle
from benchmarks.shared.generators import SATURATED, Capacity, by_chance, capacity, pace
from benchmarks.shared.log import ids_with
from benchmarks.shared.page import DOCS, machine, write_table
from benchmarks.shared.rows import Row, aligned
from tests.faults.load import Call, ask, connect, until_ready
from tests.web.serving import serving

SERVER_CORE: Final = ("taskset", "-c", "0")
CONNECTIONS: Final = 32
PACED: Final = 4
"""The connections of `h2load` at half capacity: it sends on all of them at the same moment."""
CLICKS: Final = 100
PATIENCE_SECONDS: Final = 10
MOST_MS: Final = {"sqlite": 6, "server": 8}
"""How much processor time a shelf may take: a database server takes more to talk to than a file."""
TICKS: Final = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, print the rows, and write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.splitlines()[0])
    parser.add_argument("logs", type=Path, nargs="?", help="holds the log, as *.csv.gz or *.csv")
    parser.add_argument("--shop", type=Path, help="a shop that is trained already")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each load lasts")
    parser.add_argument("--starts", type=int, default=5, help="how often the server is started")
    parser.add_argument("--no-page", action="store_true", help="leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    if missing := generators.missing():
        sys.exit(f"{', '.join(missing)} is not installed; Debian has wrk and nghttp2-client")
    if arguments.shop is None and arguments.logs is None:
        parser.error("name the folder of the logs, or a shop")
    with tempfile.TemporaryDirectory() as temporary:
        shop = arguments.shop or make_shop(Path(temporary) / "shop", arguments.logs)
        rows = []
        for row in measured(shop, arguments.seconds, arguments.starts):
            print(" · ".join(map(str, row.values())), flush=True)
            rows.append(row)
    print(aligned(rows))
    if not arguments.no_page:
        write_table(DOCS / "benchmarks.md", "serving", rows, f"`python -m benchmarks.serving`, {machine()}.")


def make_shop(folder: Path, logs: Path) -> Path:
    """Make a shop of the Online Retail log, and train it."""
    shop = ("-C", str(folder))
    aisle("init", ("init", str(folder)))
    files = map(str, sorted(logs.glob("*.csv*")))
    aisle("import", (*shop, "import", *files, "--format", "online-retail"))
    aisle("train", (*shop, "train"))
    return folder


def measured(shop: Path, seconds: float, starts: int) -> Iterator[Row]:
    """Yield the rows of a shop."""
    users, items = _some(shop)
    shelves = {
        "trending": ["/api/trending"],
        "bestsellers": ["/api/bestsellers"],
        "similar": [f"/api/similar?item_id={quote(item)}" for item in items],
    }
    for_you = [f"/api/recommendations?user_id={quote(user)}" for user in users]
    clicks = [
        json.dumps({"event": "view_item", "event_id": "EVENT_ID", "user_id": user, "item_id": item})
        for user, item in zip(users, items * len(users), strict=False)
    ]
    with serving(shop, before=SERVER_CORE) as (process, address), _bare("h11") as plain, _bare("httptools") as quick:
        until_ready(address)
        # Before any event is posted: histories are as long as the shop's shoppers have them.
        most = MOST_MS["sqlite" if Settings.read(shop).database_url.startswith("sqlite") else "server"]
        yield from _half_capacity(process.pid, address, for_you, seconds, most)
        for name, paths in shelves.items():
            yield _beside_bare(plain, quick, name, capacity(address, paths, seconds, CONNECTIONS), seconds)
        posted = capacity(address, clicks, seconds, CONNECTIONS, "/api/events")
        yield _beside_bare(plain, quick, "POST of one event", posted, seconds)
    yield _seen_elsewhere(shop, users, items)
    yield _start(shop, starts)


def _some(shop: Path) -> tuple[list[str], list[str]]:
    """Return shoppers and items of a shop."""
    with connect_database(Settings.read(shop).database_url) as db:
        users, items = (ids_with(db, column, 500, 6) for column in (events.c.user_id, events.c.item_id))
    return users, items


def _beside_bare(plain: str, quick: str, name: str, seen: Capacity, seconds: float) -> Row:
    beside, beside_quick = (capacity(bare, ["/"], max(2.0, seconds / 3), CONNECTIONS) for bare in (plain, quick))
    ratio = seen.per_second / beside.per_second
    share = max(seen.generator_share, beside.generator_share)
    figure = f"{seen.per_second:.0f}/s, {seen.per_second / beside_quick.per_second:.0%} of one with Aisle's parser"
    figure = f"{figure}, p99 {seen.p99_ms:.1f} ms, {seen.failed} failed"
    return _row(f"{name}, ≥ 25 % of a bare route", f"{ratio:.0%}", ratio >= 0.25, share, figure)


def _half_capacity(pid: int, address: str, paths: list[str], seconds: float, most_ms: float) -> Iterator[Row]:
    """Ask for shoppers' shelves at half of what the server can do; each leaves an impression."""
    most = capacity(address, paths, seconds, CONNECTIONS)
    heaped = pace(address, paths, seconds, PACED, most.per_second / 2)
    yield _row(f"recommended for you at half capacity, {PACED} at once, p99 ≤ 25 ms", f"{heaped.p99_ms:.1f} ms",
               heaped.p99_ms <= 25, heaped.generator_share,
               f"p50 {heaped.p50_ms:.1f} ms, answers {heaped.statuses}")  # fmt: skip
    before = _processor_seconds(pid)
    seen = by_chance(address, paths, seconds, CONNECTIONS, most.per_second / 2)
    each = (_processor_seconds(pid) - before) * 1000 / (seen.asked_per_second * seconds)
    figure = f"{seen.asked_per_second:.0f}/s of {most.per_second:.0f}/s, answers {seen.statuses}"
    yield _row("… at moments of chance, p99 ≤ 25 ms", f"{seen.p99_ms:.1f} ms", seen.p99_ms <= 25,
               seen.generator_share, f"{figure}, p50 {seen.p50_ms:.1f} ms")  # fmt: skip
    yield _row(f"… processor time ≤ {most_ms} ms", f"{each:.1f} ms", each <= most_ms, seen.generator_share,
               "impressions included")  # fmt: skip


def _seen_elsewhere(shop: Path, users: list[str], items: list[str]) -> Row:
    """Click on one worker, and ask another for what was viewed as soon as the click is acknowledged."""
    took = []
    with serving(shop, workers=2) as (supervisor, address):
        until_ready(address)
        one, other = _two_workers(supervisor.pid, address)
        for number in range(CLICKS):
            user, item = users[number % len(users)], items[number % len(items)]
            event = {"event": "view_item", "user_id": user, "item_id": item}
            clicked = ask(one, Call("/api/events", json.dumps(event).encode()))
            assert clicked.status == 200, clicked
            started = time.monotonic()
            while True:
                shelf = ask(other, Call(f"/api/recommendations?user_id={quote(user)}&placement=recently-viewed&n=1"))
                if [found["item_id"] for found in json.loads(shelf.body)["items"]] == [item]:
                    break
                assert time.monotonic() < started + PATIENCE_SECONDS, f"{item} is in no shelf of {user}: {shelf}"
            took.append((time.monotonic() - started) * 1000)
    worst = float(np.quantile(took, 0.99))
    return _row("a click is in the next shelf of another worker ≤ 50 ms", f"{worst:.1f} ms", worst <= 50, 0.0,
                f"p99 of {CLICKS}; median {np.median(took):.1f} ms")  # fmt: skip


def _two_workers(supervisor: int, address: str) -> list[HTTPConnection]:
    """Return connections to two workers: the kernel chooses who accepts one, and it is not asked twice."""
    found: dict[int, HTTPConnection] = {}
    for _ in range(1000):
        connection = connect(address)
        ask(connection, Call("/health/live"))
        worker = _worker_behind(supervisor, connection.sock)
        if worker in found:
            connection.close()
        found.setdefault(worker, connection)
        if len(found) == 2:
            return list(found.values())
    sys.exit("one worker accepted every connection")


def _worker_behind(supervisor: int, connection: socket) -> int:
    """Return which process holds the other end of a connection of this machine."""
    inode = inode_behind(connection)
    for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # a worker closes files at any time
                if str(descriptor.readlink()) == f"socket:[{inode}]":
                    return int(pid)
    raise LookupError(f"nobody holds the other end of {connection}")


def inode_behind(connection: socket) -> int:
    """Return the inode of the socket at the other end of a connection of this machine.

    Both ports count: one port here may lead to several servers, and closed connections stay in the list for a minute.
    """
    here, there = (f":{address[1]:04X}" for address in (connection.getsockname(), connection.getpeername()))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return next(int(line[9]) for line in lines if line[1].endswith(there) and line[2].endswith(here))


def _start(shop: Path, starts: int) -> Row:
    """Start the server some times, and wait until it can fill a shelf."""
    took = []
    for _ in range(starts):
        started = time.monotonic()
        with serving(shop) as (_, address):
            until_ready(address)
            took.append(time.monotonic() - started)
    return _row(
        "start to ready ≤ 3 s", f"{np.median(took):.1f} s", bool(np.median(took) <= 3), 0.0, f"median of {starts}"
    )


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def _bare(parser: str) -> Iterator[str]:
    """Serve a bare route on the server's core."""
    command = [*SERVER_CORE, sys.executable, "-m", "benchmarks.shared.bare", parser]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _row(what: str, figure: str, kept: bool, generator_share: float, beside: str) -> Row:
    void = generator_share > SATURATED
    return {"what": what, "figure": figure, "kept": "void" if void else "yes" if kept else "", "beside it": beside}


if __name__ == "__main__":
    main()
