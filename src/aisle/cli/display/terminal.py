"""The terminal: lines, tables and progress bars for people, JSON for programs."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich import box
from rich.console import Console, Group
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from aisle.shop.errors import FileError

if TYPE_CHECKING:
    from aisle.app import progress

out = Console()
err = Console(stderr=True)

LOG_SECONDS: Final = 5.0
"""How often long work writes a line where nobody watches a terminal."""


def say(line: str, style: str | None = None, console: Console | None = None) -> None:
    """Print one line as it is: nothing in it is markup, and it is not broken where the terminal ends."""
    (console or out).print(line, style=style, highlight=False, markup=False, soft_wrap=True)


def json(value: Any) -> None:
    """Print a value for programs."""
    sys.stdout.write(_to_json(value).decode())


def write_json(value: Any, file: Path) -> None:
    """Write a value into a new file that only its owner may read.

    Raises
    ------
    FileError
        If the file exists already or cannot be written.
    """
    try:
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
            opened.write(_to_json(value))
    except OSError as error:
        raise FileError(f"cannot write {file}: {error.strerror}; choose another file") from None


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> Group:
    """Return a table with a title; the columns named in `right` hold numbers."""
    cells = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for column in columns:
        cells.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # Text, not markup: a product may well be called "[bold]".
        cells.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return Group(Text(title, style="bold"), cells)


@contextmanager
def bars() -> "Iterator[progress.Progress]":
    """Draw a bar for each stage on standard error; where that is no terminal, write a line every few seconds."""
    with _drawn() if err.is_terminal else _logged() as report:
        yield report


@contextmanager
def _drawn() -> "Iterator[progress.Progress]":
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as drawn:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: float, total: float | None, rows: int = 0) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage, total=total, speed="")
            elapsed = drawn.tasks[tasks[stage]].elapsed or 0.0
            speed = f"{rows:,} rows, {rows / elapsed:,.0f}/s" if rows and elapsed > 0 else ""
            drawn.update(tasks[stage], completed=done, total=total, speed=speed)

        yield report


@contextmanager
def _logged() -> "Iterator[progress.Progress]":
    """Write what is being done every `LOG_SECONDS`, also while a stage reports nothing."""
    started = time.monotonic()
    state = ["starts"]
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(LOG_SECONDS):
            say(f"{time.monotonic() - started:,.0f} s: {state[0]}", console=err)

    def report(stage: str, done: float, total: float | None, rows: int = 0) -> None:
        share = f" {done / total:.0%}" if total else ""
        state[0] = f"{stage}{share}{f', {rows:,} rows' if rows else ''}"

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield report
    finally:
        ended.set()
        writer.join()


def _to_json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
