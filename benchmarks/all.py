"""Every benchmark on the public data sets, and the tables of docs/benchmarks.md from their rows.

    make bench AISLE_DATA=FOLDER        or        python -m benchmarks.all FOLDER [--only NAME …]

FOLDER holds one folder for each data set: `online-retail`, `gowalla`, … A benchmark without its data keeps its table.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.shared.page import DOCS, libraries, machine, write_table
from benchmarks.shared.rows import Row

BENCHMARKS: Final = {
    "end_to_end": ("online-retail",),
    "sizing": (),
    "shop": ("online-retail",),
    "ratings": ("ml-100k",),
    "reviews": ("clothing-reviews", "olist-sample"),
    "topn": ("gowalla",),
    "index": ("gowalla",),
    "search": (),
    "door": (),
    "sequences": ("amazon-beauty",),
    "sequences_hybrid": ("amazon-beauty",),
    "behaviours": ("retailrocket-buyers",),
    "newcomers": (),
    "manipulation": (),
    "ablation": (),
    "cold": ("amazon-beauty",),
    "sessions": ("rsc15-sample",),
    "spark": ("online-retail",),
    "speed": ("gowalla", "ml-100k"),
}
"""Each benchmark and its data sets; those without any simulate a shop."""


def main() -> None:
    """Run the benchmarks that have their data and write their tables into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", type=Path, nargs="?", default=os.environ.get("AISLE_DATA"), help="holds the data sets"
    )
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=tuple(BENCHMARKS), help="run only these")
    arguments = parser.parse_args()
    if arguments.folder is None or not arguments.folder.is_dir():
        sys.exit("name the folder of the data sets: make bench AISLE_DATA=FOLDER")
    for name in arguments.only:
        folders = [arguments.folder / data for data in BENCHMARKS[name] if (arguments.folder / data).is_dir()]
        if folders or not BENCHMARKS[name]:
            write_table(DOCS / "benchmarks.md", name, run(name, folders), origin(name, folders))
        else:
            print(f"{name} is skipped: there is no {' or '.join(BENCHMARKS[name])} in {arguments.folder}")


def run(name: str, folders: Sequence[Path]) -> list[Row]:
    """Run a benchmark, show what it prints, and return its rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, folders), "--json", str(file)]
        subprocess.run(command, check=True)
        rows: list[Row] = json.loads(file.read_text())["rows"]
    return rows


def origin(name: str, folders: Sequence[Path]) -> str:
    """Return the line that says how a table was made."""
    command = " ".join([f"python -m benchmarks.{name}", *(folder.name for folder in folders)])
    return f"`{command}`, {machine()}, {libraries()}."


if __name__ == "__main__":
    main()
