"""A shop's day as whole processes: import, train, one shelf, everybody's shelf, the demo; seconds and peak memory.

    python -m benchmarks.end_to_end FOLDER [--json FILE]

FOLDER holds one export of the Online Retail log (`*.csv.gz` or `*.csv`). Every command is a process of its own, as a
person would run it; the time includes Python's start.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

SHOPPER: Final = "12748"

Row = dict[str, str | float]


def main() -> None:
    """Run the commands in a temporary shop, print the table and write the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds the log, as *.csv.gz or *.csv")
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    logs = sorted(arguments.folder.glob("*.csv*"))
    if not logs:
        sys.exit(f"{arguments.folder} holds no .csv or .csv.gz file")
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), logs)
    Console().print(_table(rows))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode({"rows": rows}))


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
    """Run one command; return its seconds and the most memory that it held."""
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


def _table(rows: list[Row]) -> Table:
    table = Table("command")
    for name in ("seconds", "peak_mb"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(str(row["command"]), f"{row['seconds']:.2f}", f"{row['peak_mb']:.0f}")
    return table


if __name__ == "__main__":
    main()
