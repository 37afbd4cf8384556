"""How results look in a terminal: tables, bars and the one summary line. Programs read `--json` instead."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich import box
from rich.columns import Columns
from rich.console import Console, Group
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from aisle.app.serving.shelf import FALLBACKS
from aisle.engine.request import MAIN_PLACEMENT
from aisle.shop.errors import FileError
from aisle.shop.moments import format_day
from aisle.shop.money import format_money

if TYPE_CHECKING:
    from aisle.app import progress
    from aisle.app.data.importing import Imported
    from aisle.app.serving.shelf import HistoryLine, Shelf

out = Console()
err = Console(stderr=True)


def json(value: Any) -> None:
    """Print a value for programs."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def write_json(value: Any, out: Path) -> None:
    """Write a value into a file that only its owner may read.

    Raises
    ------
    FileError
        If it is there already, or cannot be written.
    """
    try:
        with open(out, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    except OSError as error:
        raise FileError(f"cannot write {out}: {error.strerror}; choose another file") from None


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> Group:
    """Return a titled table; the columns named in `right` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        # Text, not markup: a product may well be called "[bold]".
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return Group(Text(title, style="bold"), made)


def shelf_table(shelf: "Shelf", title: str) -> Group:
    """Return a shelf as people read it."""
    columns = ["#", "item", "name", "price", "score"]
    rows = [
        [place, item.item_id, item.name, format_money(item.price, item.currency), _score(item.score)]
        for place, item in enumerate(shelf.items, 1)
    ]
    if any(item.predicted_rating is not None for item in shelf.items):
        columns.append("stars")
        for row, item in zip(rows, shelf.items, strict=True):
            row.append(_stars(item.predicted_rating))
    if any(item.reason is not None for item in shelf.items):
        columns.append("why")
        for row, item in zip(rows, shelf.items, strict=True):
            row.append(item.reason or "")
    return table(title, columns, rows, right=("#", "price", "score", "stars"))


def history_table(lines: "Sequence[HistoryLine]", title: str) -> Group:
    """Return what a shopper did last, newest first."""
    rows = [
        (format_day(line.timestamp), line.event + (f" {line.rating:g}★" if line.rating is not None else ""), line.name)
        for line in lines
    ]
    return table(title, ("day", "event", "item"), rows)


def shelf_beside_history(shelf: "Shelf", lines: "Sequence[HistoryLine]", user_id: str) -> None:
    """Print a shelf with the history that explains it, and say where it fell back."""
    made = shelf_table(shelf, shelf_title(shelf, user_id))
    out.print(Columns([made, history_table(lines, "Lately")], padding=(0, 4)) if lines else made)
    if shelf.fallback:
        out.print(FALLBACKS[shelf.fallback], style="dim")


def shelf_title(shelf: "Shelf", user_id: str) -> str:
    """Return what stands above a shelf."""
    if shelf.because:
        return f"Because of {shelf.because.name}, for {user_id}"
    if shelf.placement == MAIN_PLACEMENT:
        return f"Recommended for {user_id}"
    return f"{shelf.placement.replace('-', ' ').capitalize()}, for {user_id}"


def import_lines(imported: "Imported") -> str:
    """Return one line per table that sums up an import."""
    lines = [
        f"{name}: {count.read:,} read, {count.stored:,} stored, "
        f"{count.duplicate:,} duplicate, {count.rejected:,} rejected"
        + (f", {count.erased:,} of erased people refused" if count.erased else "")
        for name, count in imported.tables.items()
    ]
    if imported.linked:
        lines.append(f"{imported.linked:,} reviews linked to the orders that they are about")
    return "\n".join(lines)


@contextmanager
def bars() -> "Iterator[progress.Progress]":
    """Draw a bar per stage on standard error, where a person looks at it."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as drawn:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: float, total: float | None, rows: int = 0) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage, total=total, speed="")
            elapsed = drawn.tasks[tasks[stage]].elapsed or 0.0
            speed = f"{rows:,} rows, {rows / elapsed:,.0f}/s" if rows and elapsed > 0 else ""
            drawn.update(tasks[stage], completed=done, total=total, speed=speed)

        yield report


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"


def _stars(rating: float | None) -> str:
    return "" if rating is None else f"{rating:.1f} ★"
