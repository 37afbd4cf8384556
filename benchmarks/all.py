"""Every benchmark on the public data sets, and the tables of docs/benchmarks.md from what they found.

    make bench AISLE_DATA=FOLDER        or        python -m benchmarks.all FOLDER [--only NAME …]

FOLDER holds one folder per data set: `online-retail`, `gowalla`, … A benchmark without its data keeps its old table.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"

BENCHMARKS: Final = {
    "end_to_end": ("online-retail",),
    "shop": ("online-retail",),
    "ratings": ("ml-100k",),
    "reviews": ("clothing-reviews", "olist-sample"),
    "topn": ("gowalla",),
    "sequences": ("amazon-beauty",),
    "sequences_hybrid": ("amazon-beauty",),
    "behaviours": ("retailrocket-buyers",),
    "newcomers": (),
    "ablation": (),
    "cold": ("amazon-beauty",),
    "sessions": ("rsc15-sample",),
    "spark": ("online-retail",),
    "speed": ("gowalla", "ml-100k"),
}
"""Each benchmark and the data sets that it runs on; one without any draws its own."""

VERSIONS: Final = ("numpy", "scipy", "numba", "polars", "pyspark", "implicit", "scikit-learn", "scikit-surprise")


def main() -> None:
    """Run what can be run and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", type=Path, nargs="?", default=os.environ.get("AISLE_DATA"), help="holds the data sets"
    )
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=tuple(BENCHMARKS), help="not all of them")
    arguments = parser.parse_args()
    if arguments.folder is None or not arguments.folder.is_dir():
        sys.exit("name the folder of the data sets: make bench AISLE_DATA=FOLDER")
    page = PAGE.read_text(encoding="utf-8")
    for name in arguments.only:
        folders = [arguments.folder / data for data in BENCHMARKS[name] if (arguments.folder / data).is_dir()]
        if folders or not BENCHMARKS[name]:
            page = replaced(page, name, run(name, folders))
            PAGE.write_text(page, encoding="utf-8")
        else:
            print(f"{name} is left out: there is no {' or '.join(BENCHMARKS[name])} in {arguments.folder}")


def run(name: str, folders: Sequence[Path]) -> str:
    """Run one benchmark, show what it prints, and return its table with where and when it was made."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "rows.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, folders), "--json", str(found)]
        subprocess.run(command, check=True)
        rows = json.loads(found.read_text())["rows"]
    return f"{table(rows)}\n\n{origin(name, folders)}"


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as Markdown, with every column that any of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, ["---" if isinstance(rows[0].get(column), str) else "---:" for column in columns]]
    lines += [[cell(row.get(column)) for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: object) -> str:
    """Return a value as a table shows it."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return "" if value is None else str(value)


def origin(name: str, folders: Sequence[Path]) -> str:
    """Return the line that says how a table was made."""
    libraries = ", ".join(f"{library} {version(library)}" for library in VERSIONS)
    command = " ".join([f"python -m benchmarks.{name}", *(folder.name for folder in folders)])
    return f"`{command}`, {machine()}, {libraries}."


def machine() -> str:
    """Return the day, the machine and the Python that this is."""
    processor = re.search(
        r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    )
    cores = f"{processor[1] if processor else platform.processor()}, {os.cpu_count()} cores"
    return f"{datetime.now(UTC).date().isoformat()}; {cores}; Python {platform.python_version()}"


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with the text between a benchmark's two marks replaced."""
    marks = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = page.split(marks[0])
    return f"{before}{marks[0]}\n\n{text}\n\n{marks[1]}{rest.split(marks[1])[1]}"


if __name__ == "__main__":
    main()
