"""A shop's first day as whole processes: import, train, one shelf, everybody's shelf, the demo; seconds and memory.

    python -m benchmarks.end_to_end FOLDER [--json FILE]

FOLDER holds one export of the Online Retail log (`*.csv.gz` or `*.csv`). Every command is a process of its own, as a
person would run it; the time includes Python's start.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.shared.rows import Row, finish, options

SHOPPER: Final = "12748"


def main() -> None:
    """Run the commands in a temporary shop."""
    parser = options("end_to_end", __doc__)
    parser.add_argument("folder", type=Path, help="holds the log, as *.csv.gz or *.csv")
    arguments = parser.parse_args()
    logs = sorted(arguments.folder.glob("*.csv*"))
    if not logs:
        sys.exit(f"{arguments.folder} holds no .csv or .csv.gz file")
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), logs)
    finish(rows, arguments.json)


def measure(folder: Path, logs: list[Path]) -> list[Row]:
    """Run every command once, in the order of a shop's first day."""
    shop = ("-C", str(folder / "shop"))
    aisle("init", ("init", str(folder / "shop")))
    return [
        aisle("import", (*shop, "import", *map(str, logs), "--format", "online-retail")),
        aisle("import again", (*shop, "import", *map(str, logs), "--format", "online-retail")),
        aisle("train", (*shop, "train")),
        aisle("recommend --user-id", (*shop, "recommend", "--user-id", SHOPPER)),
        aisle("recommend --all -n 20", (*shop, "recommend", "--all", "-n", "20", "--out", str(folder / "all.parquet"))),
        aisle("demo --no-serve", ("demo", str(folder / "demo"), "--no-serve")),
    ]


def aisle(name: str, arguments: tuple[str, ...]) -> Row:
    """Run one command; return its seconds and its peak memory."""
    started = time.perf_counter()
    quiet = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, stream) for stream in (1, 2)]
    process = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "aisle.cli.main", *arguments], os.environ, file_actions=actions
    )
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    os.close(quiet)
    if status != 0:
        sys.exit(f"aisle {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return {"command": name, "seconds": seconds, "peak_mb": usage.ru_maxrss / 1024}


if __name__ == "__main__":
    main()
