"""What the store promises, tested by kills, power cuts, full disks, replays and bad events; its speed and its memory.

    make durability        or        python -m benchmarks.durability [--only NAME …]

The tables go into docs/durability.md. The servers are those that the tests run on (`tests/databases.py`); one that does
not answer is skipped, and so is whatever this machine lacks (a C compiler, a disk to mount, the Online Retail log in
`AISLE_DATA`).
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.durability.faults import cut_off, filled, killed, poisoned, replayed
from benchmarks.durability.memory import read, trained
from benchmarks.durability.promises import Promise
from benchmarks.durability.speed import imported, written
from benchmarks.shared.page import DOCS, machine, write_table
from benchmarks.shared.rows import Row, aligned

PARTS: Final[dict[str, Callable[[], Iterator[Promise]]]] = {
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


def main() -> None:
    """Run the parts, print their rows and write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durability", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=tuple(PARTS), help="run only these parts")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for part in arguments.only:
        part_rows = list(_run(part))
        rows += part_rows
        if part_rows:
            origin = f"`python -m benchmarks.durability --only {part}`, {machine()}."
            write_table(DOCS / "durability.md", part, part_rows, origin)
    if rows:
        print(aligned(rows))
    if broken := [str(row["promise"]) for row in rows if not row["kept"]]:
        sys.exit(f"not kept: {', '.join(broken)}")


def _run(part: str) -> Iterator[Row]:
    """Run a part, and print each row at once: some take minutes."""
    for promise in PARTS[part]():
        row = promise.row()
        print(" · ".join(map(str, row.values())), flush=True)
        yield row


if __name__ == "__main__":
    main()
