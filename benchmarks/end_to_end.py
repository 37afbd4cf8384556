"""A shop's first day as whole processes: import, train, one shelf, everybody's shelf, the demo; times and memory.

    python -m benchmarks.end_to_end FOLDER [--json FILE]

FOLDER holds one export of the Online Retail log (`*.csv.gz` or `*.csv`). Every command is a process of its own, as a
person would run it; the time includes Python's start.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.shared.commands import NOTHING_NEW, aisle
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
        aisle("import again", (*shop, "import", *map(str, logs), "--format", "online-retail"), code=NOTHING_NEW),
        aisle("train", (*shop, "train")),
        aisle("recommend --user-id", (*shop, "recommend", "--user-id", SHOPPER)),
        aisle("recommend --all -n 20", (*shop, "recommend", "--all", "-n", "20", "--out", str(folder / "all.parquet"))),
        aisle("demo --no-serve", ("demo", str(folder / "demo"), "--no-serve")),
    ]


if __name__ == "__main__":
    main()
