"""How imports, and guesses of what files hold, look in a terminal."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aisle.cli.display.terminal import out, say, table
from aisle.shop.columns import AVAILABLE_FROM, EVENT_ID, PRICE, TIMESTAMP
from aisle.shop.moments import from_moment
from aisle.shop.money import format_money

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from aisle.app.data.importing import Imported
    from aisle.ingest.guessing.guess import Guess


def import_lines(imported: "Imported") -> list[str]:
    """Return one line for each table of an import, and one for the reviews that were linked."""
    lines = [
        f"{name}: {count.read:,} read, {count.stored:,} stored, "
        + (f"{count.repaired:,} repaired, " if count.repaired else "")
        + f"{count.duplicate:,} duplicate, {count.rejected:,} rejected"
        + (f", {count.erased:,} of erased people refused" if count.erased else "")
        for name, count in imported.tables.items()
    ]
    if imported.linked:
        lines.append(f"{imported.linked:,} reviews linked to their orders")
    return lines


def print_guess(guess: "Guess", files: "list[Path]") -> None:
    """Print the first rows as a guess reads them, and the command that stands for the guess."""
    columns = ("column", *(str(number) for number in range(1, guess.sample.height + 1)))
    rows = [(name, *_readable(guess.sample[name])) for name in guess.sample.columns if name != EVENT_ID]
    out.print(table(f"The first rows, as {guess.table}", columns, [row for row in rows if any(row[1:])]))
    for line in guess.lines():
        say(line)
    say(f"The same as: {shlex.join(['aisle', 'import', *map(str, files), *guess.arguments])}")


def _readable(cells: "pl.Series") -> list[str]:
    """Return the cells of a column as people write them: dates, and money in currency units."""
    formats: dict[str, Callable[[Any], str]] = {
        TIMESTAMP: _readable_moment,
        AVAILABLE_FROM: _readable_moment,
        PRICE: format_money,
    }
    return ["" if cell is None else formats.get(cells.name, str)(cell) for cell in cells]


def _readable_moment(moment: int) -> str:
    return f"{from_moment(moment):%Y-%m-%d %H:%M:%S}"
