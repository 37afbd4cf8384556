"""What every benchmark shares: options, seconds, and rows that are printed and written."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

Row = dict[str, str | bool | int | float]

Result = TypeVar("Result")


def options(name: str, doc: str) -> argparse.ArgumentParser:
    """Return a parser of options for the benchmark of a name, whose docstring begins with its description."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=doc.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the rows here")
    return parser


def names_of(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what reads names separated by commas, for an option."""

    def read(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {name!r}; choose from {', '.join(known)}")
        return names

    return read


def finish(rows: Sequence[Row], file: Path | None) -> None:
    """Print the rows and write them into a file, if there is one."""
    print(aligned(rows))
    if file:
        file.write_bytes(msgspec.json.encode({"rows": rows}))


def aligned(rows: Sequence[Row]) -> str:
    """Return rows as lines of aligned cells, settings last."""
    columns = sorted(columns_of(rows), key=lambda column: column == "settings")
    lines = [columns, *([cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    texts = [isinstance(rows[0].get(column), str) or column == "settings" for column in columns]
    return "\n".join(
        "  ".join(
            text.ljust(width) if is_text else text.rjust(width)
            for text, width, is_text in zip(line, widths, texts, strict=True)
        ).rstrip()
        for line in lines
    )


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return every column that any row has, in order."""
    return list(dict.fromkeys(column for row in rows for column in row))


def cell(value: object) -> str:
    """Return a value as tables show it."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return "" if value is None else str(value)


def faster(ratios: Collection[float]) -> Row:
    """Return by how many times a model is faster than its peer: the median of turns, the least and the most."""
    return {
        "times_faster": statistics.median(ratios),
        "times_faster_least": min(ratios),
        "times_faster_most": max(ratios),
    }


def say(line: str) -> None:
    """Print a line about the progress on standard error."""
    print(line, file=sys.stderr, flush=True)


def timed(call: Callable[[], Result]) -> tuple[Result, float]:
    """Return what a call returns, and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start
