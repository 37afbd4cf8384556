"""`aisle imports`: what was imported, and how to take it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aisle.cli.options import Json, Yes
from aisle.cli.shop import open_shop
from aisle.shop.errors import InputError

if TYPE_CHECKING:
    from aisle.storage.log.imports import ImportRow

imports = typer.Typer(name="imports", help="Imports: list them, look at one, take one back.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="N", help="The number of the import.")]


@imports.command("list")
def list_imports(context: typer.Context, as_json: Json = False) -> None:
    """List every import, newest first."""
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        rows = shop.imports()
    if as_json:
        terminal.json(rows)
    elif not rows:
        terminal.say("Nothing was imported yet.")
    else:
        columns = ("n", "when", "files", "stored", "repaired", "rejected", "state")
        cells = [
            (row.number, _moment(row.created), _files(row), *_sums(row, "stored", "repaired", "rejected"), _state(row))
            for row in rows
        ]
        right = ["n", "stored", "repaired", "rejected"]
        terminal.out.print(terminal.table(f"{len(rows):,} imports, the newest first", columns, cells, right=right))


@imports.command("show")
def show_import(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show one import: its files and options, what it stored, and how much of that is still there."""
    from aisle.app.data.import_log import import_details
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        row, still_there = import_details(shop.db, number)
    if as_json:
        terminal.json({"import": row, "still_there": still_there})
        return
    terminal.say(f"Import {row.number} of {_moment(row.created)} UTC: {_state(row)}")
    terminal.say(" ".join(["From", ", ".join(row.files), *(["with"] if row.options else []), *row.options]))
    columns = ("table", "stored", "repaired", "duplicate", "rejected", "still there")
    names = dict.fromkeys([*row.counts, *(name for name, rows in still_there.items() if rows)])
    cells = [
        (name, *(f"{row.counts.get(name, {}).get(what, 0):,}" for what in columns[1:5]), f"{still_there[name]:,}")
        for name in names
    ]
    terminal.out.print(terminal.table("Rows", columns, cells, right=list(columns[1:])))


@imports.command("undo")
def undo_import(context: typer.Context, number: Number, yes: Yes = False, as_json: Json = False) -> None:
    """Take back exactly what an import stored, and what it changed of other rows, for good.

    What a later import has repaired or changed stays, and so do rejects, and rows that were stored before.
    """
    from aisle.app.data.import_log import import_details
    from aisle.cli.display import terminal

    with open_shop(context) as shop:
        if not yes and not as_json:
            row, still_there = import_details(shop.db, number)
            rows = ", ".join(f"{count:,} {name}" for name, count in still_there.items() if count) or "no row"
            question = f"Import {number} ({_files(row)}) has {rows} in the shop. Type {number} to take it back"
            if row.undone is None and typer.prompt(question).strip() != str(number):
                raise InputError("nothing was taken back")
        taken = shop.undo_import(number)
    if as_json:
        terminal.json({name: some._asdict() for name, some in taken.items()})
        return
    terminal.say(f"Import {number} is taken back.")
    for name, some in taken.items():
        kept = f", {some.kept:,} changed since and kept" if some.kept else ""
        terminal.say(f"{name}: {some.removed:,} removed, {some.restored:,} as before again{kept}")


def _moment(moment: int) -> str:
    from aisle.shop.moments import from_moment

    return f"{from_moment(moment):%Y-%m-%d %H:%M}"


def _files(row: "ImportRow") -> str:
    names = [Path(file).name for file in row.files]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _sums(row: "ImportRow", *names: str) -> list[str]:
    return [f"{sum(counts.get(name, 0) for counts in row.counts.values()):,}" for name in names]


def _state(row: "ImportRow") -> str:
    if row.undone is not None:
        return f"undone {_moment(row.undone)}"
    return "done" if row.finished is not None else "at work or cut off"
