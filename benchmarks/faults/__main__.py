"""A server under faults: databases that stand still, damaged bundles, exchanged models, overload, slow clients, memory.

    make faults        or        python -m benchmarks.faults [--only NAME …] [--seconds 60] [--times 1.0] [--no-page]

The table goes into docs/benchmarks.md. MariaDB and PostgreSQL are servers of the benchmark's own, in a temporary
folder; those of the machine are left alone. What is not installed is skipped, and said.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.shared import generators
from benchmarks.shared.generators import Pace
from benchmarks.shared.page import DOCS, machine, write_table
from benchmarks.shared.rows import Row, aligned
from tests.faults.damage import accepts_whole, offer_damaged, two_models
from tests.faults.load import until_ready
from tests.faults.memory import make_large, proportional_memory
from tests.faults.outage import measure, shop_that_stops, trained
from tests.faults.own_server import is_installed
from tests.faults.slow_clients import hold_sockets
from tests.faults.swaps import swap, two_shelves
from tests.web.serving import serving

NAMES: Final = {"sqlite": "SQLite, locked", "mysql": "MariaDB, SIGSTOP", "postgresql": "PostgreSQL, SIGSTOP"}
DAMAGED, SWAPS, SOCKETS, MEGABYTES = 500, 200, 200, 500
OVERLOAD: Final = 5
CONNECTIONS: Final = 32
ROUNDS: Final = 4


class Size(NamedTuple):
    """How much of each fault."""

    seconds: float
    """How long a database stands still, and how long load is measured."""
    times: float
    """By how much all counts are multiplied."""

    def of(self, count: int) -> int:
        """Return so much of a count."""
        return max(2, round(count * self.times))


def main() -> None:
    """Run the parts, print their rows, and write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=tuple(PARTS), help="run only these parts")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long a database stands still")
    parser.add_argument("--times", type=float, default=1.0, help="multiplies all counts, as for a quick look")
    parser.add_argument("--no-page", action="store_true", help="leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for part in arguments.only:
        for row in PARTS[part](Size(arguments.seconds, arguments.times)):
            print(" · ".join(map(str, row.values())), flush=True)
            rows.append(row)
    print(aligned(rows))
    if not arguments.no_page:
        write_table(DOCS / "benchmarks.md", "faults", rows, f"`python -m benchmarks.faults`, {machine()}.")
    if broken := [f"{row['fault']}: {row['what']}" for row in rows if not row["kept"]]:
        sys.exit(f"not kept: {'; '.join(broken)}")


def outages(size: Size) -> Iterator[Row]:
    """Let each database stand still."""
    for kind, name in NAMES.items():
        if kind != "sqlite" and not is_installed(kind):
            print(f"{name} is skipped: its server is not installed")
            continue
        with (
            tempfile.TemporaryDirectory() as temporary,
            shop_that_stops(kind, Path(temporary) / "shop") as (shop, hold),
        ):
            seen = measure(shop, hold, size.seconds)
        fault = f"{name} {size.seconds:.0f} s"
        yield _row(fault, "shelves with items", f"{seen.filled:,} of {seen.shelves:,}", seen.filled == seen.shelves > 0)
        beside = f"usual {seen.usual_p99_ms:.0f} ms"
        yield _row(fault, "p99 ≤ 150 ms", f"{seen.p99_ms:.0f} ms", seen.p99_ms <= 150, beside)
        beside = f"{seen.acknowledged:,} acknowledged, {seen.refused:,} sent back"
        yield _row(fault, "false acknowledgements", f"{seen.lost}", seen.lost == 0, beside)
        yield _row(fault, "healthy ≤ 5 s after", f"{seen.healthy_seconds:.1f} s", seen.healthy_seconds <= 5)


def damaged(size: Size) -> Iterator[Row]:
    """Offer damaged bundles."""
    with _shop() as shop, tempfile.TemporaryDirectory() as temporary:
        two = two_models(Path(temporary) / "shop", shop)
        done = offer_damaged(two, size.of(DAMAGED))
        control = "a whole one is taken" if accepts_whole(two) else "a whole one is refused, too"
    refused = f"{done.refused} of {done.offered} refused"
    yield _row("truncated or a bit flipped", "old model serves", refused, done.refused == done.offered, control)


def swapped(size: Size) -> Iterator[Row]:
    """Exchange models under load."""
    with _shop() as shop, tempfile.TemporaryDirectory() as temporary:
        seen = swap(two_shelves(Path(temporary) / "shop", shop), size.of(SWAPS))
    fault = f"{seen.swaps} hot swaps"
    yield _row(fault, "errors", f"{seen.errors} of {seen.requests:,}", seen.errors == 0)
    yield _row(fault, "mixed generations", f"{len(seen.mixed)}", not seen.mixed)
    beside = f"usual p99.9 {seen.usual_ms:.0f} ms, worst {seen.worst_ms:.0f} ms"
    yield _row(fault, "over 50 ms beside the usual", f"{seen.slower} of {seen.requests:,}", seen.slower == 0, beside)
    yield _row(fault, "all workers follow ≤ 2 s", f"{seen.slowest_seconds:.1f} s", seen.slowest_seconds <= 2)


def overloaded(size: Size) -> Iterator[Row]:
    """Send five times as many requests as the server can answer."""
    if missing := generators.missing():
        print(f"overload is skipped: {', '.join(missing)} is not installed")
        return
    seconds = min(size.seconds, 20.0)
    paths = [f"/api/recommendations?user_id=user-{number}" for number in range(40)]
    with _shop("hybrid") as shop, serving(shop, before=("taskset", "-c", "0")) as (_, address):
        until_ready(address)
        generators.capacity(address, paths, 2, CONNECTIONS)
        most, answered = 0.0, list[Pace]()
        for _ in range(ROUNDS):  # in turn, as a machine that others use, too, is faster now and slower then
            now = generators.capacity(address, paths, seconds / ROUNDS, CONNECTIONS).per_second
            most += now / ROUNDS
            answered.append(generators.pace(address, paths, seconds / ROUNDS, 4 * CONNECTIONS, OVERLOAD * now))
    share = sum(seen.good_per_second for seen in answered) / ROUNDS / most
    statuses = sum((Counter(seen.statuses) for seen in answered), Counter())
    other = {status: count for status, count in statuses.items() if status not in (200, 429, 503)}
    slowest = max(seen.p99_ms for seen in answered)
    rest = f"capacity {most:.0f}/s; answers {dict(statuses)}; p99 of the good {slowest:.0f} ms"
    fault = f"overload {OVERLOAD}×"
    yield _row(fault, "goodput ≥ 80 % of capacity", f"{share:.0%}", share >= 0.8, rest)
    yield _row(fault, "the rest is 429 or 503", f"{sum(other.values())} others", not other)


def slow_clients(size: Size) -> Iterator[Row]:
    """Hold sockets that never finish their request."""
    with _shop() as shop:
        seen = hold_sockets(shop, size.of(SOCKETS))
    result = f"{seen.cut} of {seen.sockets} in {seen.seconds:.1f} s"
    kept = seen.cut == seen.sockets and seen.seconds <= 15 and seen.served
    yield _row("slowloris", "cut ≤ 15 s, others served", result, kept)


def shared(size: Size) -> Iterator[Row]:
    """Let two workers read a large bundle."""
    megabytes = size.of(MEGABYTES)
    with tempfile.TemporaryDirectory() as temporary:
        shop = Path(temporary) / "shop"
        make_large(shop, megabytes)
        one, two = proportional_memory(shop, 1), proportional_memory(shop, 2)
    beside = f"one worker {one / 1e6:.0f} MB, two {two / 1e6:.0f} MB"
    yield _row(f"bundle of {megabytes} MB", "two workers ≤ 1.3× of one", f"{two / one:.2f}×", two <= 1.3 * one, beside)


@contextmanager
def _shop(model: str = "als") -> Iterator[Path]:
    """Lend a small trained shop, and remove it."""
    with tempfile.TemporaryDirectory() as temporary:
        shop = Path(temporary) / "shop"
        trained(shop, model=model)
        yield shop


PARTS: Final[dict[str, Callable[[Size], Iterator[Row]]]] = {
    "outages": outages,
    "damage": damaged,
    "swaps": swapped,
    "overload": overloaded,
    "slow-clients": slow_clients,
    "memory": shared,
}


def _row(fault: str, what: str, result: str, kept: bool, beside: str = "") -> Row:
    return {"fault": fault, "what": what, "result": result, "kept": "yes" if kept else "", "beside it": beside}


if __name__ == "__main__":
    main()
