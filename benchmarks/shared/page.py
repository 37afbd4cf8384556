"""Tables of documentation pages: each stands between two marks and names how it was made."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.shared.rows import Row, cell, columns_of

DOCS: Final = Path(__file__).parents[2] / "docs"

VERSIONS: Final = ("numpy", "scipy", "numba", "polars", "pyspark", "implicit", "scikit-learn", "scikit-surprise")
"""The libraries whose versions are named below a table."""


def write_table(page: Path, name: str, rows: Sequence[Row], origin: str) -> None:
    """Replace the table between a benchmark's marks in a page."""
    text = f"{markdown(rows)}\n\n{origin}"
    page.write_text(replaced(page.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table, with every column that any of them has."""
    columns = columns_of(rows)
    lines = [columns, ["---" if isinstance(rows[0].get(column), str) else "---:" for column in columns]]
    lines += [[cell(row.get(column)) for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replaced(page: str, name: str, text: str) -> str:
    """Return a page with the text between two marks replaced."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = page.split(start)
    return f"{before}{start}\n\n{text}\n\n{end}{rest.split(end)[1]}"


def libraries() -> str:
    """Return the versions of the libraries that figures depend on."""
    return ", ".join(f"{library} {version(library)}" for library in VERSIONS)


def machine() -> str:
    """Return the day, the processor and the version of Python."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    cores = f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores"
    return f"{datetime.now(UTC).date().isoformat()}; {cores}; Python {platform.python_version()}"
